#include "participant-sdk/runtime/fence.h"

#include <algorithm>

namespace troth::sdk {
namespace {

std::string start_name(std::uint32_t epoch, std::uint32_t nonce) {
  return std::to_string(epoch) + "-" + nonce_to_text(nonce);
}

/// Puts `seen` into `all`, at the end. What is lower than what is known, and a copy of it, changes at most the LSN.
void note(std::vector<Seen>& all, Seen seen) {
  const auto same_log = [&](const Seen& known) { return known.log == seen.log; };
  const auto at = std::find_if(all.begin(), all.end(), same_log);
  if (at != all.end()) {
    const Lsn lsn = std::max(at->lsn, seen.lsn);
    if (seen.epoch <= at->epoch) seen = *at;
    seen.lsn = lsn;
    all.erase(at);
  }
  all.push_back(seen);
}

}  // namespace

std::string refusal(const std::vector<Seen>& seen, const session::Welcome& welcome) {
  for (const Seen& known : seen) {
    if (known.log != welcome.log) continue;
    const std::string theirs = start_name(welcome.epoch.epoch, welcome.epoch.nonce);
    const std::string ours = start_name(known.epoch, known.nonce);
    if (welcome.epoch.epoch < known.epoch) return "epoch " + theirs + " is older than " + ours + ", which was seen";
    if (welcome.epoch.epoch == known.epoch && welcome.epoch.nonce != known.nonce) {
      return "epoch " + theirs + " is not the " + ours + " that was seen: two copies of one log";
    }
  }
  return {};
}

std::vector<Seen> FileSeen::load() {
  const std::lock_guard lock(mutex_);
  auto all = file_.load();
  for (const Seen& known : seen_) note(all, known);
  return all;
}

void FileSeen::remember(const Seen& seen) {
  const std::lock_guard lock(mutex_);
  seen_ = file_.update([&](std::vector<Seen>& all) {
    for (const Seen& known : seen_) note(all, known);  // should somebody have taken the file away
    note(all, seen);
    if (all.size() > kMaxLogs) all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(kMaxLogs));
  });
}

}  // namespace troth::sdk
