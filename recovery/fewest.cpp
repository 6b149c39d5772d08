#include <algorithm>

#include "recovery/known.h"
#include "recovery/parts.h"

namespace troth::recovery {

namespace {

using Facts = std::vector<Fact>;

void add_participants(const Known& known, Facts& facts) {
  for (const auto& [name, participant] : known.participants) {
    facts.emplace_back(participant.registered);
    if (participant.retired) facts.emplace_back(fact::ParticipantChanged{name, true, {}, {}, 0});
  }
}

/// What a heuristic of an ended transaction belongs to: its list, and at once that it has ended.
void add_ended_with_heuristics(const Known& known, Facts& facts) {
  fact::Ended ended;
  for (const auto& [id, reported] : known.heuristics) {
    const auto detail = known.details.find(id);
    if (detail == known.details.end() || known.live.contains(id)) continue;
    facts.emplace_back(detail->second.decided);
    ended.ids.push_back(id);
  }
  if (!ended.ids.empty()) facts.emplace_back(std::move(ended));
}

void add_told_aborts(const Known& known, Facts& facts) {
  std::vector<TransactionId> ids;
  for (const auto& [id, detail] : known.abort_details) {
    if (needs_abort_detail(known, id)) ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end());
  for (const auto& id : ids) {
    const auto& detail = known.abort_details.at(id);
    facts.emplace_back(fact::AbortTold{id, {}, detail.reason, detail.label, detail.begun_at, detail.decided_at});
  }
}

/// Without the live ones, whose CommitDecided is restated: were the rows before it dropped and the bit kept, the bit
/// alone would say "ended".
void add_commit_bits(const Known& known, Facts& facts) {
  Commits ended = known.commits;
  for (const auto& [id, live] : known.live) ended.remove(id.epoch, id.sequence);
  for (auto& bits : ended.to_facts()) facts.emplace_back(std::move(bits));
}

/// An act that makes a heuristic by itself makes it again when it is folded: forget it again if it was forgotten.
void add_acts_and_heuristics(const Known& known, Facts& facts) {
  for (const auto& [branch, act] : known.acts) {
    facts.emplace_back(act);
    if (!implies_heuristic(act)) continue;
    auto forgot = act;
    forgot.act = fact::OperatorAct::kForgot;
    facts.emplace_back(std::move(forgot));
  }
  for (const auto& [id, reported] : known.heuristics) {
    for (const auto& heuristic : reported) facts.emplace_back(heuristic);
  }
}

void add_windows(const Known& known, Facts& facts) {
  std::vector<std::string> sessions;
  for (const auto& [session, window] : known.windows) sessions.push_back(session);
  std::sort(sessions.begin(), sessions.end());
  for (const auto& session : sessions) {
    const auto& window = known.windows.at(session);
    fact::ClientWindow restated{session, window.acked_below, {}};
    for (const auto& [sequence, id] : window.committed) restated.committed.push_back({sequence, id});
    facts.emplace_back(std::move(restated));
  }
}

}  // namespace

std::vector<Fact> fewest(const Known& known, Lsn cut) {
  Facts facts;
  for (const auto& gap : known.gaps) facts.emplace_back(gap);
  for (const auto& epoch : known.epochs) facts.emplace_back(epoch);
  if (known.horizon != TransactionId{}) facts.emplace_back(fact::Horizon{known.horizon});
  add_participants(known, facts);
  for (const auto& [id, live] : known.live) {
    std::visit([&facts](const auto& fact) { facts.emplace_back(fact); }, live);
  }
  add_acts_and_heuristics(known, facts);  // before the details they keep: who replays trims as he reads
  add_ended_with_heuristics(known, facts);
  add_told_aborts(known, facts);
  add_commit_bits(known, facts);
  add_windows(known, facts);
  facts.emplace_back(fact::Checkpoint{cut});
  return facts;
}

}  // namespace troth::recovery
