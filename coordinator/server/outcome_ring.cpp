#include "coordinator/server/outcome_ring.h"

#include <algorithm>
#include <utility>

#include "coordinator/engine/outcomes.h"
#include "proto/codec/record_codec.h"

namespace troth::server {

void OutcomeRing::add(OutcomeView outcome) {
  const Lsn before = std::max(floor_, upto_);
  if (outcome.lsn) upto_ = std::max(upto_, *outcome.lsn);
  kept_.push_back({before, std::move(outcome)});
  if (kept_.size() <= most_) return;
  forget_upto(kept_.front().outcome.lsn.value_or(0));
  kept_.pop_front();
  ++first_;
}

void OutcomeRing::complete(const recovery::Known& known) {
  for (Kept& kept : kept_) engine::complete(kept.outcome, known);
}

OutcomeRing::Place OutcomeRing::after(Lsn cursor) const {
  const auto is_before = [cursor](const Kept& kept) {
    return kept.outcome.lsn ? *kept.outcome.lsn <= cursor : kept.after < cursor;
  };
  const auto next = std::partition_point(kept_.begin(), kept_.end(), is_before);
  return first_ + static_cast<Place>(next - kept_.begin());
}

void OutcomeReader::see(const wal::Stored& record) {
  if (stopped_) return;
  static const auto kCommitDecided = codec::kind_of(fact::CommitDecided{});
  static const auto kHeuristicReported = codec::kind_of(fact::HeuristicReported{});
  static const auto kOperatorActed = codec::kind_of(fact::OperatorActed{});
  static const auto kCheckpoint = codec::kind_of(fact::Checkpoint{});
  const bool is_late = left_ <= kKeptOutcomes;
  left_ -= left_ > 0 ? 1 : 0;
  if (record.lsn == 0) {  // of the set, which does not say in what order all that became known
    if (record.kind != kCheckpoint) return;
    const auto fact = codec::decode_fact(record.kind, record.body);
    const auto* checkpoint = fact ? std::get_if<fact::Checkpoint>(&*fact) : nullptr;
    if (checkpoint != nullptr) ring_.forget_upto(checkpoint->cut);
    return;
  }
  ring_.told_upto(record.lsn);
  if (record.kind != kCommitDecided && record.kind != kHeuristicReported && record.kind != kOperatorActed) return;
  if (!is_late) return ring_.forget_upto(record.lsn);
  const auto fact = codec::decode_fact(record.kind, record.body);
  auto outcome = fact ? engine::outcome_of(*fact, record.lsn) : std::nullopt;
  if (outcome) ring_.add(std::move(*outcome));
}

OutcomeRing OutcomeReader::take(const recovery::Known& known) {
  ring_.told_upto(known.last_lsn);
  ring_.complete(known);
  return std::move(ring_);
}

}  // namespace troth::server
