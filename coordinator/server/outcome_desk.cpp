#include "coordinator/server/outcome_desk.h"

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

#include "proto/codec/api_json.h"

namespace troth::server {
namespace {

std::string_view name_of(const OutcomeView& outcome) {
  if (outcome.heuristic) return "heuristic";
  return outcome.outcome == Outcome::kCommitted ? "committed" : "aborted";
}

void write_id(std::string& bytes, Lsn lsn) {
  bytes.append("id: ").append(std::to_string(lsn)).append("\n");
}

void write_event(std::string& bytes, const OutcomeView& outcome) {
  bytes.append("event: ").append(name_of(outcome)).append("\n");
  if (outcome.lsn) write_id(bytes, *outcome.lsn);
  bytes.append("data: ").append(codec::write_json(outcome)).append("\n\n");
}

}  // namespace

class OutcomeDesk::Stream final : public transport::BodyFlow, public std::enable_shared_from_this<Stream> {
 public:
  /// Without a cursor nothing that is over is told: also not the aborts after the last commit, which have no LSN.
  Stream(OutcomeDesk& desk, std::optional<Lsn> after)
      : desk_(desk),
        all_(desk.streams_),
        cursor_(after.value_or(desk.ring_.upto())),
        place_(after ? desk.ring_.after(*after) : desk.ring_.end()) {
    all_->insert(this);
  }
  ~Stream() override { all_->erase(this); }

  void begin(std::function<void()> wake) override { wake_ = std::move(wake); }
  State read(std::string& bytes, std::size_t most) override;

  /// May end it: who reads too slowly is let go of.
  void wake() {
    const auto self = shared_from_this();
    if (wake_) wake_();
  }
  /// Once it has said all there is.
  void beat() {
    beat_ = true;
    wake();
  }

 private:
  OutcomeDesk& desk_;
  const std::shared_ptr<std::unordered_set<Stream*>> all_;
  std::function<void()> wake_;
  Lsn cursor_;  // what its client resumes at
  OutcomeRing::Place place_;
  bool beat_ = true;  // the first says where it begins
};

transport::BodyFlow::State OutcomeDesk::Stream::read(std::string& bytes, std::size_t most) {
  const OutcomeRing& ring = desk_.ring_;
  if (place_ < ring.first()) throw std::runtime_error("it reads too slowly: what comes next is not kept any more");
  while (place_ < ring.end() && bytes.size() < most) {
    const OutcomeView& outcome = ring.at(place_++);
    write_event(bytes, outcome);
    cursor_ = std::max(cursor_, outcome.lsn.value_or(0));
  }
  if (place_ < ring.end()) return State::kOpen;
  if (std::exchange(beat_, false)) {
    // An id without an event is a cursor all the same: a client that hears of nothing for long does not fall behind.
    cursor_ = std::max(cursor_, ring.upto());
    bytes.append(":\n");
    write_id(bytes, cursor_);
    bytes.append("\n");
  }
  return desk_.closed_ ? State::kEnded : State::kOpen;
}

void OutcomeDesk::hear(engine::OutcomesTold told) {
  for (OutcomeView& outcome : told.outcomes) ring_.add(std::move(outcome));
  ring_.told_upto(told.upto);
  if (!told.outcomes.empty()) wake_all();
}

std::variant<std::shared_ptr<transport::BodyFlow>, Problem> OutcomeDesk::follow(std::optional<Lsn> after) {
  if (closed_) return Problem{Slug::kDraining, "The coordinator is stopping; follow again in a moment.", {}};
  if (streams_->size() >= kMaxFollowers) {
    return Problem{Slug::kLimitReached,
                   "So many follow the outcomes already: " + std::to_string(kMaxFollowers) + "; one must end first.",
                   {}};
  }
  if (after && *after > ring_.upto()) {
    return Problem{Slug::kBadParameter,
                   "The cursor " + std::to_string(*after) + " lies above the last of this log, which is " +
                       std::to_string(ring_.upto()) + ": use an id of an event of this coordinator.",
                   {}};
  }
  if (after && *after < ring_.floor()) {
    return Problem{Slug::kCursorExpired,
                   "What came after this cursor is not kept; the oldest that works is " +
                       std::to_string(ring_.floor()) + ". Look at GET /v1/transactions, then follow from there.",
                   {}};
  }
  if (!std::exchange(beating_, true)) io_.after(heartbeat_ms_, [this] { beat(); });
  return std::make_shared<Stream>(*this, after);
}

void OutcomeDesk::close() {
  closed_ = true;
  wake_all();
}

void OutcomeDesk::wake_all() {
  const std::vector<Stream*> all(streams_->begin(), streams_->end());  // a copy: who is too slow leaves
  for (Stream* stream : all) stream->wake();
}

void OutcomeDesk::beat() {
  beating_ = !streams_->empty();
  if (!beating_) return;
  const std::vector<Stream*> all(streams_->begin(), streams_->end());
  for (Stream* stream : all) stream->beat();
  io_.after(heartbeat_ms_, [this] { beat(); });
}

}  // namespace troth::server
