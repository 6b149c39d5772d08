#include "recovery/fewest.h"

#include <utility>

#include "recovery/parts.h"

namespace troth::recovery {

namespace {

using Facts = std::deque<Fact>;

template <class Items, class Add>
auto each(const Items& items, Add add) {
  return [at = items.begin(), end = items.end(), add](Facts& ready) mutable {
    if (at == end) return false;
    add(*at, ready);
    ++at;
    return true;
  };
}

auto once(Fact fact) {
  return [fact = std::move(fact), done = false](Facts& ready) mutable {
    if (std::exchange(done, true)) return false;
    ready.push_back(std::move(fact));
    return true;
  };
}

void add_participant(const std::pair<const std::string, KnownParticipant>& item, Facts& ready) {
  const auto& [name, participant] = item;
  ready.emplace_back(participant.registered);
  if (participant.retired) ready.emplace_back(fact::ParticipantChanged{name, true, {}, {}, 0});
}

void add_live(const std::pair<const TransactionId, LiveFact>& item, Facts& ready) {
  std::visit([&ready](const auto& fact) { ready.emplace_back(fact); }, item.second);
}

/// An act that makes a heuristic by itself makes it again when it is folded: here it is forgotten, and those that still
/// stand follow.
void add_act(const std::pair<const BranchId, fact::OperatorActed>& item, Facts& ready) {
  const fact::OperatorActed& act = item.second;
  ready.emplace_back(act);
  if (!implies_heuristic(act)) return;
  auto forgot = act;
  forgot.act = fact::OperatorAct::kForgot;
  ready.emplace_back(std::move(forgot));
}

using Reported = std::pair<const TransactionId, std::vector<fact::HeuristicReported>>;

void add_heuristics(const Reported& item, Facts& ready) {
  for (const fact::HeuristicReported& heuristic : item.second) ready.emplace_back(heuristic);
}

void add_window(const std::pair<const std::string, Window>& item, Facts& ready) {
  constexpr std::size_t kToldPerRecord = 1'000;  // some 32 KiB
  const auto& [session, window] = item;
  fact::ClientWindow restated{session, window.acked_below, {}};
  for (const auto& [sequence, id] : window.committed) {
    if (restated.committed.size() == kToldPerRecord) {
      ready.emplace_back(std::exchange(restated, {session, window.acked_below, {}}));
    }
    restated.committed.push_back({sequence, id});
  }
  ready.emplace_back(std::move(restated));
}

}  // namespace

Fewest::Fewest(const Known& known, Lsn cut) {
  const auto add_as_it_is = [](const auto& item, Facts& ready) { ready.emplace_back(item); };
  // The list of an ended transaction, and at once that it has ended.
  const auto add_list = [&known](const Reported& item, Facts& ready) {
    const auto detail = known.details.find(item.first);
    if (detail == known.details.end() || known.live.contains(item.first)) return;
    ready.emplace_back(detail->second.decided);
    ready.emplace_back(fact::Ended{{item.first}});
  };
  const auto add_told_abort = [&known](const std::pair<const TransactionId, AbortDetail>& item, Facts& ready) {
    const auto& [id, told] = item;
    if (!needs_abort_detail(known, id)) return;
    ready.emplace_back(
        fact::AbortTold{id, {}, told.reason, told.label, told.begun_at, told.decided_at, told.traceparent});
  };
  const auto commits = [&known, at = Commits::Position()](Facts& ready) mutable {
    auto bits = known.commits.next_bits(at);
    if (bits) ready.emplace_back(std::move(*bits));
    return bits.has_value();
  };
  parts_.emplace_back(each(known.gaps, add_as_it_is));
  parts_.emplace_back(each(known.epochs, add_as_it_is));
  if (known.horizon != TransactionId{}) parts_.emplace_back(once(fact::Horizon{known.horizon}));
  parts_.emplace_back(each(known.marks, add_as_it_is));
  parts_.emplace_back(each(known.participants, add_participant));
  parts_.emplace_back(each(known.live, add_live));
  parts_.emplace_back(each(known.acts, add_act));
  parts_.emplace_back(each(known.heuristics, add_heuristics));
  parts_.emplace_back(each(known.heuristics, add_list));  // after what keeps them: who replays trims as he reads
  parts_.emplace_back(each(known.abort_details, add_told_abort));
  parts_.emplace_back(commits);
  parts_.emplace_back(each(known.windows, add_window));
  parts_.emplace_back(once(fact::Checkpoint{cut}));
}

bool Fewest::next(Fact& fact) {
  while (ready_.empty() && part_ < parts_.size()) {
    if (!parts_[part_](ready_)) ++part_;
  }
  if (ready_.empty()) return false;
  fact = std::move(ready_.front());
  ready_.pop_front();
  return true;
}

}  // namespace troth::recovery
