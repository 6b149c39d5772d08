#include "recovery/compaction.h"

#include <algorithm>
#include <utility>

#include "recovery/retention.h"

namespace troth::recovery {

namespace {

constexpr std::size_t kStepBytes = 65'536;
constexpr std::size_t kStepRows = 1'024;

/// Details are not restated but where a heuristic needs them, so few are enough: a commit's heuristic comes before its
/// Ended.
Limits without_details(Limits limits) {
  constexpr std::uint64_t kDetails = 4'096;
  limits.detail_count = std::min(limits.detail_count, kDetails);
  return limits;
}

}  // namespace

Compaction::Compaction(std::unique_ptr<wal::Superseding> log, Limits limits, Millis now_at)
    : log_(std::move(log)), limits_(limits), now_at_(now_at), replay_(without_details(limits)) {}

Compaction::Step Compaction::step() {
  return set_ ? restate() : read();
}

Compaction::Step Compaction::read() {
  const auto more = log_->read(rows_);
  for (const wal::Row& row : rows_) {
    why_ = replay_.see({row.lsn, row.kind, row.body});
    if (!why_.empty()) return Step::kFailed;
  }
  if (more == wal::Superseding::Read::kStopped) return Step::kStopped;
  if (more == wal::Superseding::Read::kDone) {
    rows_ = {};
    set_.emplace(replay_.known(), log_->cut());
  }
  return Step::kMore;
}

Compaction::Step Compaction::restate() {
  batch_.clear();
  std::size_t bytes = 0;
  Fact fact;
  while (bytes < kStepBytes && batch_.size() < kStepRows && set_->next(fact)) {
    batch_.push_back(to_row(fact));
    bytes += batch_.back().body.size();
  }
  if (!batch_.empty()) return log_->add(batch_) ? Step::kMore : Step::kStopped;
  return log_->finish(keys_upto(replay_.known(), limits_, now_at_)) ? Step::kDone : Step::kStopped;
}

bool is_compaction_due(std::uint64_t records_after_cut, std::uint64_t set_rows, const Limits& limits) {
  return records_after_cut >= limits.compact_records && records_after_cut / 2 >= set_rows;
}

}  // namespace troth::recovery
