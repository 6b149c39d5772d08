#include "coordinator/engine/client_windows.h"

#include <algorithm>

namespace troth::engine {

ClientWindows::ClientWindows(const std::map<std::string, recovery::Window>& known, Millis now_due) {
  for (const auto& [session, window] : known) sessions_[session] = Entry{window.acked_below, window.committed, now_due};
}

bool ClientWindows::touch(const std::string& session, std::uint64_t acked_below, Millis now_due) {
  auto found = sessions_.find(session);
  if (found == sessions_.end()) {
    if (sessions_.size() >= kMaxSessions && !make_room(now_due)) return false;
    found = sessions_.emplace(session, Entry{}).first;
  }
  Entry& entry = found->second;
  entry.used_due = now_due;
  entry.acked_below = std::max(entry.acked_below, acked_below);
  entry.begun.erase(entry.begun.begin(), entry.begun.lower_bound(entry.acked_below));
  return entry.begun.size() < kMaxUnacked;
}

bool ClientWindows::may_be_forgotten(const std::string& session, std::uint64_t sequence, bool older_epoch) const {
  return has_forgotten_ && (sequence > 1 || older_epoch) && sessions_.count(session) == 0;
}

std::optional<TransactionId> ClientWindows::find(const std::string& session, std::uint64_t sequence) const {
  const auto entry = sessions_.find(session);
  if (entry == sessions_.end()) return std::nullopt;
  const auto begun = entry->second.begun.find(sequence);
  return begun == entry->second.begun.end() ? std::nullopt : std::optional(begun->second);
}

bool ClientWindows::is_acked(const std::string& session, std::uint64_t sequence) const {
  const auto entry = sessions_.find(session);
  return entry != sessions_.end() && sequence < entry->second.acked_below;
}

void ClientWindows::begun(const std::string& session, std::uint64_t sequence, const TransactionId& id) {
  sessions_[session].begun[sequence] = id;
}

bool ClientWindows::make_room(Millis now_due) {
  const auto idle = [&](const auto& row) { return row.second.used_due + kIdleMs < now_due; };
  if (std::erase_if(sessions_, idle) != 0) has_forgotten_ = true;
  return sessions_.size() < kMaxSessions;
}

}  // namespace troth::engine
