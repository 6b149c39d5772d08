// coordinator/engine/client_windows.h: which begin of a client session made which transaction, so that a request sent
// again is never executed twice (design.md §7; Lee et al., SOSP 2015).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "recovery/known.h"

namespace troth::engine {

class ClientWindows {
 public:
  /// Longer than any request lives (its deadline is at most an hour, by default) and any client waits to repeat one.
  static constexpr Millis kIdleMs = 2 * 3'600'000;
  static constexpr std::size_t kMaxSessions = 100'000;
  static constexpr std::size_t kMaxUnacked = 65'536;  // begun and not acknowledged, per session

  ClientWindows(const std::map<std::string, recovery::Window>& known, Millis now_due);

  /// False when there are too many sessions, or this one acknowledges nothing: begin nothing new for it. Room is made
  /// by letting go of idle sessions, and only of those.
  bool touch(const std::string& session, std::uint64_t acked_below, Millis now_due);
  /// The session may have been let go of since it sent this: it cannot be said whether the request was executed.
  bool may_be_forgotten(const std::string& session, std::uint64_t sequence, bool older_epoch) const;
  /// The transaction that (session, sequence) began, also before a crash if it committed.
  std::optional<TransactionId> find(const std::string& session, std::uint64_t sequence) const;
  /// The client has acknowledged the answer to this sequence: it cannot ask again.
  bool is_acked(const std::string& session, std::uint64_t sequence) const;
  void begun(const std::string& session, std::uint64_t sequence, const TransactionId& id);

 private:
  struct Entry {
    std::uint64_t acked_below = 0;
    std::map<std::uint64_t, TransactionId> begun;
    Millis used_due = 0;
  };
  bool make_room(Millis now_due);

  bool has_forgotten_ = false;
  std::unordered_map<std::string, Entry> sessions_;
};

}  // namespace troth::engine
