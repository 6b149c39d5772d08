#include "recovery/retention.h"

#include <algorithm>

namespace troth::recovery {

namespace {

/// Takes out the mark between whose neighbours the time is shortest, measured by their age. Never the first or the
/// last.
void thin(std::deque<fact::Mark>& marks) {
  const Millis newest_at = marks.back().at;
  std::size_t closest = 1;
  double shortest = 0;
  for (std::size_t i = 1; i + 1 < marks.size(); ++i) {
    const auto between = static_cast<double>(marks[i + 1].at - marks[i - 1].at);
    const double share = between / static_cast<double>(newest_at - marks[i - 1].at);
    if (i == 1 || share < shortest) {
      closest = i;
      shortest = share;
    }
  }
  marks.erase(marks.begin() + static_cast<std::ptrdiff_t>(closest));
}

}  // namespace

void add_mark(std::deque<fact::Mark>& marks, const fact::Mark& mark) {
  if (!marks.empty() && mark.at <= marks.back().at) return;
  marks.push_back(mark);
  if (marks.size() > kMaxMarks) thin(marks);
}

const fact::Mark* newest_mark(const std::deque<fact::Mark>& marks, Millis at) {
  const auto younger = std::upper_bound(marks.begin(), marks.end(), at,
                                        [](Millis wanted, const fact::Mark& mark) { return wanted < mark.at; });
  return younger == marks.begin() ? nullptr : &*std::prev(younger);
}

Millis mark_interval_ms(const Limits& limits) {
  constexpr Millis kShare = 32;
  return std::clamp<Millis>(std::min(limits.retain_ms, limits.key_retain_ms) / kShare, 1'000, 3'600'000);
}

Lsn keys_upto(const Known& known, const Limits& limits, Millis now_at) {
  const fact::Mark* mark = newest_mark(known.marks, now_at - limits.key_retain_ms);
  return mark != nullptr ? mark->lsn : 0;
}

TransactionId due_horizon(const Known& known, const Limits& limits, Millis now_at,
                          const std::optional<TransactionId>& unfinished) {
  TransactionId due;
  if (const fact::Mark* mark = newest_mark(known.marks, now_at - limits.retain_ms)) due = mark->id;
  if (const auto kept = known.commits.begin_of_newest(limits.retain_count)) {
    due = std::max(due, TransactionId{known.log, known.shard, kept->epoch, kept->sequence});
  }
  if (unfinished) due = std::min(due, *unfinished);
  return std::max(due, known.horizon);
}

}  // namespace troth::recovery
