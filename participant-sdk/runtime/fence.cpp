#include "participant-sdk/runtime/fence.h"

#include <algorithm>

namespace troth::sdk {
namespace {

std::string start_name(std::uint32_t epoch, std::uint32_t nonce) {
  return std::to_string(epoch) + "-" + nonce_to_text(nonce);
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
  return seen_;
}

void FileSeen::remember(const Seen& seen) {
  const std::lock_guard lock(mutex_);
  auto next = seen_;
  const auto same_log = [&](const Seen& known) { return known.log == seen.log; };
  const auto at = std::find_if(next.begin(), next.end(), same_log);
  if (at == next.end()) {
    next.push_back(seen);
  } else {
    const Lsn lsn = std::max(at->lsn, seen.lsn);
    *at = seen;
    at->lsn = lsn;
  }
  file_.save(next);
  seen_ = std::move(next);
}

}  // namespace troth::sdk
