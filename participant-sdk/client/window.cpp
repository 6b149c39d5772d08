#include "participant-sdk/client/window.h"

#include <limits>
#include <utility>

namespace troth::sdk {
namespace {

constexpr std::size_t kMaxRequests = 256;           // of one frame
constexpr std::size_t kMaxBytes = 256 * 1024;       // roughly; one request may be larger
constexpr std::size_t kRequestBytes = 256;          // a request without its payloads
constexpr std::size_t kMaxRequestBytes = 1u << 20;  // the coordinator's max-frame-bytes, if nobody changed it
constexpr std::size_t kLeastFrameBytes = 8'192;     // no coordinator can be set to less
constexpr std::size_t kMaxOpen = 65'536;            // a coordinator that is away must not cost all memory

Result unknown(std::string detail) {
  Result result;
  result.kind = Result::kUnknown;
  result.detail = std::move(detail);
  return result;
}

Result refused(Slug slug, std::string detail) {
  Result result;
  result.kind = Result::kRefused;
  result.problem = info(slug).text;
  result.detail = std::move(detail);
  return result;
}

std::size_t bytes_of(const request::NewBranch& branch) {
  return branch.payload.size() + branch.participant.size() + branch.key.size() + 16;
}

std::size_t bytes_of(const client_session::RequestBody& body) {
  std::size_t bytes = kRequestBytes;
  if (const auto* begin = std::get_if<request::Begin>(&body)) {
    bytes += begin->label.size() + begin->traceparent.size();
    for (const auto& branch : begin->branches) bytes += bytes_of(branch);
  }
  if (const auto* enlist = std::get_if<request::Enlist>(&body)) bytes += bytes_of(enlist->branch);
  if (const auto* abort = std::get_if<request::Abort>(&body)) bytes += abort->reason.size();
  return bytes;
}

}  // namespace

std::optional<Result> Window::refusal(const client_session::RequestBody& body) const {
  if (bytes_of(body) > kMaxRequestBytes) {
    return refused(Slug::kTooLarge, "the request is larger than a frame may be (1 MiB)");
  }
  if (calls_.size() >= kMaxOpen) return refused(Slug::kLimitReached, "too many calls wait for an answer");
  return std::nullopt;
}

void Window::add(client_session::RequestBody body, Millis give_up_due, Done done) {
  calls_.emplace(next_sequence_++, Call{std::move(body), std::nullopt, give_up_due, std::move(done)});
}

Window::Calls::iterator Window::take(Calls::iterator at, Result result, Completions& completions) {
  completions.emplace_back(std::move(at->second.done), std::move(result));
  return calls_.erase(at);
}

void Window::welcomed(const client_session::ClientWelcome& welcome, Completions& completions) {
  const bool other_log = log_ && *log_ != welcome.log;
  log_ = welcome.log;
  epoch_ = welcome.epoch;
  allowed_ = welcome.window == 0 ? std::numeric_limits<std::uint32_t>::max() : welcome.window;
  next_to_send_ = 1;
  for (auto at = calls_.begin(); at != calls_.end();) {
    if (other_log && at->second.first_epoch) {
      Result result = unknown("it was sent to another log than the one that answers now");
      result.kind = Result::kAskOperator;
      at = take(at, std::move(result), completions);
    } else {
      ++at;
    }
  }
}

void Window::lost(Loss loss, const std::string& why, Completions& completions) {
  const bool may_be_done = loss == Loss::kLink || loss == Loss::kOurs;
  std::vector<Calls::iterator> suspects;
  for (auto at = calls_.begin(); at != calls_.end(); ++at) {
    if (!std::exchange(at->second.in_flight, false)) continue;
    at->second.maybe_done = at->second.maybe_done || may_be_done;
    suspects.push_back(at);
  }
  allowed_ = 0;
  in_flight_ = 0;
  if (loss == Loss::kLink || suspects.empty()) return;
  if (suspects.size() > 1) {
    alone_below_ = suspects.back()->first + 1;
    return;
  }
  const Call& call = suspects.front()->second;
  const bool too_large = loss == Loss::kPeerTooLarge;
  // A frame that no coordinator finds too large: then it was the answer that was, and we who closed.
  const bool sure = !call.maybe_done && !(too_large && bytes_of(call.body) < kLeastFrameBytes);
  Result result = sure ? refused(too_large ? Slug::kTooLarge : Slug::kBadField, why)
                       : unknown("it may or may not have happened: " + why);
  take(suspects.front(), std::move(result), completions);
}

std::uint64_t Window::acked_below() const {
  return calls_.empty() ? next_sequence_ : calls_.begin()->first;
}

std::vector<client_session::Request> Window::next() {
  std::vector<client_session::Request> requests;
  std::size_t bytes = 0;
  const std::uint64_t acked = acked_below();
  for (auto at = calls_.lower_bound(next_to_send_); at != calls_.end(); ++at) {
    auto& [sequence, call] = *at;
    bytes += bytes_of(call.body);
    const bool full = requests.size() == kMaxRequests || (!requests.empty() && bytes > kMaxBytes);
    const bool alone = sequence < alone_below_;
    if (full || in_flight_ >= allowed_ || (alone && in_flight_ > 0)) break;
    if (!call.first_epoch) call.first_epoch = epoch_;
    call.in_flight = true;
    ++in_flight_;
    next_to_send_ = sequence + 1;
    requests.push_back(client_session::Request{sequence, *call.first_epoch, acked, call.body});
    if (alone) break;
  }
  return requests;
}

void Window::replied(client_session::Reply reply, Completions& completions) {
  if (in_flight_ > 0) --in_flight_;
  const auto at = calls_.find(reply.sequence);
  if (at != calls_.end()) take(at, to_result(reply.answer), completions);
}

void Window::give_up(Millis now, Completions& completions) {
  while (!calls_.empty() && calls_.begin()->second.give_up_due <= now) {
    take(calls_.begin(), unknown("no answer in time: it may or may not have happened"), completions);
  }
}

void Window::give_up_all(Completions& completions) {
  give_up(std::numeric_limits<Millis>::max(), completions);
}

}  // namespace troth::sdk
