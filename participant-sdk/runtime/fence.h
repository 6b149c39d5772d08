// participant-sdk/runtime/fence.h: which coordinator may be obeyed (design.md §3, rule 12), and where what was seen is
// kept.
#pragma once

#include <troth/participant.h>

#include <mutex>
#include <string>
#include <vector>

#include "participant-sdk/runtime/state_file.h"
#include "proto/values/messages.h"

namespace troth::sdk {

/// Why `welcome` must not be obeyed given what was durably seen; empty: it may be.
std::string refusal(const std::vector<Seen>& seen, const session::Welcome& welcome);

/// Logs of which one state file remembers.
inline constexpr std::size_t kMaxLogs = 64;

/// Where the highest (epoch, nonce, LSN) per log is kept. Calls block on the disk: from the pool.
class SeenStore {
 public:
  virtual ~SeenStore() = default;
  virtual std::vector<Seen> load() = 0;
  /// Durable when it returns. Throws when it could not be made so.
  virtual void remember(const Seen& seen) = 0;
};

/// Kept by the resource itself, in the database its instances share.
class ResourceSeen final : public SeenStore {
 public:
  explicit ResourceSeen(Resource& resource) : resource_(resource) {}
  std::vector<Seen> load() override { return resource_.seen(); }
  void remember(const Seen& seen) override { resource_.remember(seen); }

 private:
  Resource& resource_;
};

/// Kept in the state file, which several instances may share: an epoch in it never goes down, whoever writes. Of many
/// logs the latest kMaxLogs are kept.
class FileSeen final : public SeenStore {
 public:
  /// Throws std::runtime_error when the file is there but damaged.
  explicit FileSeen(std::string path) : file_(std::move(path)), seen_(file_.load()) {}
  std::vector<Seen> load() override;
  void remember(const Seen& seen) override;

 private:
  std::mutex mutex_;
  StateFile file_;
  std::vector<Seen> seen_;
};

}  // namespace troth::sdk
