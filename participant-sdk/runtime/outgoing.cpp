#include "participant-sdk/runtime/outgoing.h"

#include <algorithm>

namespace troth::sdk {
namespace {

constexpr std::size_t kBranchBytes = 48;   // an encoded branch id, at most, with its tags
constexpr std::size_t kMessageBytes = 96;  // any message without its strings and lists, at most
constexpr std::size_t kMaxPage = 4'096;    // branches of one page
constexpr std::size_t kMinFrameBytes = 1'024;

/// An upper bound of what `message` takes in a frame.
std::size_t bytes_of(const session::Message& message) {
  if (const auto* vote = std::get_if<session::Vote>(&message)) return kMessageBytes + vote->reason.size();
  if (const auto* page = std::get_if<session::Recover>(&message)) {
    return kMessageBytes + page->branches.size() * kBranchBytes;
  }
  if (const auto* enlist = std::get_if<session::Enlist>(&message)) return kMessageBytes + enlist->key.size();
  return kMessageBytes;
}

}  // namespace

void Outgoing::reset(const session::Welcome& welcome) {
  answers_.clear();
  pages_.clear();
  enlists_.clear();
  max_bytes_ = std::max<std::size_t>(welcome.max_frame_bytes, kMinFrameBytes);
  max_messages_ = std::max<std::size_t>(welcome.max_messages, 1);
  enlist_credit_ = welcome.window;
  enlists_unlimited_ = welcome.window == 0;
}

void Outgoing::recover(const std::vector<BranchId>& branches) {
  const std::size_t page_size = std::clamp<std::size_t>(max_bytes_ / 2 / kBranchBytes, 1, kMaxPage);
  std::size_t at = 0;
  do {
    const std::size_t end = std::min(at + page_size, branches.size());
    session::Recover page;
    page.branches.assign(branches.begin() + static_cast<std::ptrdiff_t>(at),
                         branches.begin() + static_cast<std::ptrdiff_t>(end));
    page.last = end == branches.size();
    pages_.emplace_back(std::move(page));
    at = end;
  } while (at < branches.size());
}

void Outgoing::drop_enlist(const session::Enlist& message) {
  std::erase_if(enlists_, [&](const session::Enlist& one) {
    return one.transaction == message.transaction && one.key == message.key;
  });
}

std::vector<session::Message> Outgoing::next() {
  std::vector<session::Message> frame;
  std::size_t bytes = kMessageBytes;
  const auto fits = [&](const session::Message& message) {
    bytes += bytes_of(message);
    return frame.size() < max_messages_ && (frame.empty() || bytes <= max_bytes_);
  };
  for (auto* queue : {&answers_, &pages_}) {
    while (!queue->empty()) {
      if (!fits(queue->front())) return frame;
      frame.push_back(std::move(queue->front()));
      queue->pop_front();
    }
  }
  while (!enlists_.empty() && (enlists_unlimited_ || enlist_credit_ > 0)) {
    session::Message message = enlists_.front();
    if (!fits(message)) return frame;
    frame.push_back(std::move(message));
    enlists_.pop_front();
    if (!enlists_unlimited_) --enlist_credit_;
  }
  return frame;
}

}  // namespace troth::sdk
