#include "tests/sim/oracle.h"

#include <algorithm>

#include "proto/values/overloaded.h"
#include "tests/sim/trace.h"

namespace troth::sim {
namespace {

const std::string kStranger = "stranger";

}  // namespace

void Oracle::fail(const std::string& what) {
  trace_.line("VIOLATION: ", what);
  violations_.push_back(what);
}

// ---- the coordinator's log ----

void Oracle::appended(const Fact& fact) {
  if (const auto* decided = std::get_if<fact::CommitDecided>(&fact)) {
    Story& story = stories_[decided->id];
    if (story.appended || story.durable) fail(name_of(decided->id) + " is decided twice");
    if (story.told == Outcome::kAborted) fail(name_of(decided->id) + " commits after it was told aborted");
    if (is_old(decided->id)) fail(name_of(decided->id) + " commits below the horizon");
    check_votes(*decided, story);
    check_once(*decided);
    story.appended = true;
    story.label = decided->label;
    for (const auto& row : decided->branches) {
      story.branches[row.n].listed = !row.read_only;
      story.branches[row.n].participant = row.participant;
    }
  }
  if (const auto* reported = std::get_if<fact::HeuristicReported>(&fact)) check_report(*reported);
  if (const auto* started = std::get_if<fact::PrepareStarted>(&fact)) stories_[started->id];
  if (const auto* started = std::get_if<fact::OnePhaseStarted>(&fact)) stories_[started->id];
}

/// AC3: everybody who is bound by the decision had promised it durably, and nobody who takes part is left out.
void Oracle::check_votes(const fact::CommitDecided& decided, const Story& story) {
  for (const auto& row : decided.branches) {
    const auto found = story.branches.find(row.n);
    const std::string who = name_of(BranchId{decided.id, row.n});
    const bool known = found != story.branches.end();
    const bool voted = known && (found->second.voted || decided.one_phase);
    const bool promised = voted && (found->second.prepared || found->second.committed);
    if (row.read_only && !(known && found->second.read_only)) fail(who + " counts as read-only and never said so");
    if (!row.read_only && !promised) fail(who + " is told to commit and had promised nothing");
  }
  for (const auto& [n, one] : story.branches) {
    const bool listed =
        std::any_of(decided.branches.begin(), decided.branches.end(), [n = n](const auto& row) { return row.n == n; });
    if (!listed) fail(name_of(BranchId{decided.id, n}) + " takes part and is left out of the decision");
    if (one.aborted && !one.alone) fail(name_of(BranchId{decided.id, n}) + " has aborted and its transaction commits");
  }
}

void Oracle::check_once(const fact::CommitDecided& decided) {
  if (decided.label.empty()) return;
  const auto expected = expected_.find(decided.label);
  const bool counted = expected != expected_.end() && !stories_[decided.id].meddled;
  if (counted && expected->second != decided.branches.size()) {
    fail("operation " + decided.label + " commits with another number of branches than its client asked for");
  }
  const auto first = first_sent_.find(decided.label);
  if (first != first_sent_.end() && first->second != decided.id.epoch) {
    fail("operation " + decided.label + " was first sent to another start, and is executed by this one");
  }
  check_committed_once(decided);
}

void Oracle::check_committed_once(const fact::CommitDecided& decided) {
  const auto [known, fresh] = committed_labels_.emplace(decided.label, decided.id);
  if (!fresh && known->second != decided.id && !older_log_) {
    fail("operation " + decided.label + " is executed twice: " + name_of(known->second) + " and " +
         name_of(decided.id));
  }
  const auto heard = heard_.find(decided.label);
  if (heard != heard_.end() && heard->second == Outcome::kAborted && !older_log_) {
    fail("operation " + decided.label + " commits after its client heard that it aborted");
  }
}

void Oracle::check_report(const fact::HeuristicReported& reported) {
  // Of an aborted transaction nobody remembers the branches, so anybody may report against it (engine/README.md).
  if (reported.participant == kStranger) return;
  ++heuristics_;
  const Story& story = stories_[reported.branch.transaction];
  const BranchStory& one = branch(reported.branch);
  if (one.alone || one.lost || story.excused || older_log_ || retired_.count(reported.participant) != 0) return;
  fail(name_of(reported.branch) + " is reported as heuristic, and nobody did anything by himself");
}

void Oracle::durable(const Fact& fact) {
  std::visit(Overloaded{
                 [&](const fact::CommitDecided& decided) {
                   Story& story = stories_[decided.id];
                   commits_ += story.durable ? 0 : 1;
                   story.durable = true;
                 },
                 [&](const fact::PrepareStarted& started) { stories_[started.id].started = true; },
                 [&](const fact::OnePhaseStarted& started) { stories_[started.id].started = true; },
                 [&](const fact::Ended& ended) {
                   for (const auto& id : ended.ids) stories_[id].ended = true;
                 },
                 [&](const fact::HeuristicReported& reported) { branch(reported.branch).reported = true; },
                 [&](const fact::ParticipantRegistered& registered) { registered_.insert(registered.name); },
                 [&](const fact::Horizon& rising) { horizon_rose(rising.id); },
                 [](const auto&) {},
             },
             fact);
}

void Oracle::recovered(const recovery::Known& known, bool older) {
  older_log_ |= older;
  for (const auto& [name, participant] : known.participants) registered_.insert(name);
  for (const auto& [id, reports] : known.heuristics) {  // also of a batch whose sync failed
    for (const auto& report : reports) branch(report.branch).reported = true;
  }
  horizon_recovered(known.horizon);
  for (auto& [id, story] : stories_) {
    const auto live = known.live.find(id);
    const bool is_live = live != known.live.end() && std::holds_alternative<fact::CommitDecided>(live->second);
    const bool may_be_gone = story.ended && id < known.horizon;
    const bool knows = is_live || known.commits.contains(id.epoch, id.sequence) || may_be_gone;
    story.started |= live != known.live.end();
    story.ended |= knows && !is_live;
    if (story.durable && !knows && !older && !story.excused) fail("the decision to commit " + name_of(id) + " is lost");
    if (!knows && older) story.excused = true;
    if (!story.durable && story.appended) {
      commits_ += knows ? 1 : 0;
      story.durable = knows;
      if (!knows && committed_labels_[story.label] == id) committed_labels_.erase(story.label);
    }
    story.appended = story.durable;
  }
}

void Oracle::settled_gap(const TransactionId& id, Outcome outcome) {
  Story& story = stories_[id];
  story.excused = true;
  if (story.told && *story.told != outcome) fail(name_of(id) + " was settled by hand against what was told");
  story.told = outcome;
}

// ---- what left the coordinator ----

void Oracle::tell(const TransactionId& id, Outcome outcome, const char* how) {
  Story& story = stories_[id];
  if (story.told != outcome) told_aborts_ += outcome == Outcome::kAborted ? 1 : 0;
  const bool commits = outcome == Outcome::kCommitted;
  if (story.told && *story.told != outcome) {
    fail(name_of(id) + " is told " + (commits ? "committed" : "aborted") + " after the opposite (" + how + ")");
  }
  story.told = outcome;
  if (story.excused) return;
  if (commits && !story.durable) fail(name_of(id) + " is told committed before that is durable (" + how + ")");
  if (commits) return;
  if (story.appended) fail(name_of(id) + " is told aborted, and the log says it commits (" + how + ")");
  for (const auto& [n, one] : story.branches) {
    const bool seen = one.committed && !one.alone && retired_.count(one.participant) == 0;
    if (seen) fail(name_of(id) + " is told aborted, and branch " + std::to_string(n) + " committed");
  }
}

void Oracle::tell_branch(const BranchId& id, DecisionKind decision, const char* how) {
  Story& story = stories_[id.transaction];
  const auto found = story.branches.find(id.n);
  const bool listed = story.appended && found != story.branches.end() && found->second.listed;
  switch (decision) {
    case DecisionKind::kCommit:
      // Of an id in a gap nobody has the list: an operator settles it for all its branches.
      if (story.appended && !listed && !story.excused) fail(name_of(id) + " is told commit and is not in the list");
      return tell(id.transaction, Outcome::kCommitted, how);
    case DecisionKind::kAbort:
      if (story.appended && !listed && story.durable) return;  // had no part in the decision
      if (story.ended && is_old(id.transaction)) return;       // who acknowledged has no reason to ask
      return tell(id.transaction, Outcome::kAborted, how);
    case DecisionKind::kUndecided:
    case DecisionKind::kUnknown:
    case DecisionKind::kForeignLog: return;
  }
}

void Oracle::forgotten(const BranchId& id) {
  if (!stories_[id.transaction].ended && !older_log_) {
    fail(name_of(id) + " is told to forget, and Ended is not durable");
  }
}

void Oracle::said(const session::Message& message, bool to_callback) {
  const auto must_be_started = [&](const BranchId& id) {
    if (!stories_[id.transaction].started) fail(name_of(id) + " is asked before the log knows that it may have been");
  };
  std::visit(Overloaded{
                 [&](const session::Prepare& m) {
                   if (to_callback) must_be_started(m.branch);
                   branch(m.branch);  // it takes part
                 },
                 [&](const session::CommitOnePhase& m) {
                   must_be_started(m.branch);
                   branch(m.branch);
                 },
                 [&](const session::Enlisted& m) {
                   if (m.problem.empty()) branch(m.branch);
                 },
                 [&](const session::Commit& m) { tell_branch(m.branch, DecisionKind::kCommit, "Commit"); },
                 [&](const session::Abort& m) { tell_branch(m.branch, DecisionKind::kAbort, "Abort"); },
                 [&](const session::Decision& m) { tell_branch(m.branch, m.decision, "Decision"); },
                 [&](const session::Forget& m) {
                   for (const auto& id : m.branches) forgotten(id);
                   check_told_horizon(m.horizon);
                 },
                 [&](const session::Welcome& m) { check_told_horizon(m.horizon); },
                 [](const auto&) {},
             },
             message);
}

void Oracle::welcomed(const std::string& participant) {
  if (registered_.count(participant) == 0) fail(participant + " is welcomed before its name is durable");
}

void Oracle::tell_view(const TransactionView& view) {
  if (view.outcome) tell(view.id, *view.outcome, "answer");
}

void Oracle::answered(const answer::Answer& answer) {
  std::visit(Overloaded{
                 [&](const answer::Transaction& a) { tell_view(a.view); },
                 [&](const answer::Branch& a) {
                   if (a.status == 201) branch({a.transaction, a.view.n});
                 },
                 [&](const answer::Refused& a) {
                   if (a.transaction) tell_view(*a.transaction);
                 },
                 [&](const answer::Transactions& a) {
                   for (const auto& view : a.views) tell_view(view);
                 },
                 [&](const answer::Decision& a) { tell_branch(a.view.branch, a.view.decision, "decision route"); },
                 [](const auto&) {},
             },
             answer);
}

void Oracle::client_heard(const std::string& label, Outcome outcome) {
  trace_.line("client takes home: ", label, outcome == Outcome::kCommitted ? " committed" : " aborted");
  const auto [first, fresh] = heard_.emplace(label, outcome);
  if (!fresh && first->second != outcome) fail("operation " + label + " was heard both ways");
  const bool has_committed = committed_labels_.count(label) != 0;
  if (older_log_) return;
  if (outcome == Outcome::kCommitted && !has_committed) fail("operation " + label + " was heard committed and is not");
  if (outcome == Outcome::kAborted && has_committed) fail("operation " + label + " was heard aborted and committed");
}

// ---- participants' disks ----

void Oracle::prepared(const BranchId& id) {
  branch(id).prepared = true;
}
void Oracle::read_only(const BranchId& id) {
  branch(id).read_only = true;
}

void Oracle::committed(const BranchId& id, bool alone, bool one_phase) {
  Story& story = stories_[id.transaction];
  BranchStory& one = story.branches[id.n];
  if (one.aborted && !one.alone && !one.lost) fail(name_of(id) + " commits after it aborted");
  one.committed = true;
  one.alone |= alone;
  if (alone || story.excused) return;
  if (one_phase && story.told == Outcome::kAborted) fail(name_of(id) + " commits after aborted was told");
  if (!one_phase && !(story.durable && one.listed)) fail(name_of(id) + " commits, and nobody decided that");
  for (const auto& [n, other] : story.branches) {
    if (n != id.n && other.aborted && !other.alone)
      fail(name_of(id) + " commits, and branch " + std::to_string(n) + " aborted");
  }
}

void Oracle::aborted(const BranchId& id, bool alone) {
  Story& story = stories_[id.transaction];
  BranchStory& one = story.branches[id.n];
  if (one.committed && !one.alone) fail(name_of(id) + " aborts after it committed");
  one.aborted = true;
  one.alone |= alone;
  if (alone || story.excused || one.lost) return;
  if (story.durable && one.listed) fail(name_of(id) + " aborts, and commit was decided");
  for (const auto& [n, other] : story.branches) {
    if (n != id.n && other.committed && !other.alone)
      fail(name_of(id) + " aborts, and branch " + std::to_string(n) + " committed");
  }
}

void Oracle::prepared_work(const BranchId& id, int count) {
  if (count != branch(id).worked) fail(name_of(id) + " promises work of which a part is gone");
}

void Oracle::adopted(const std::string& who, const std::string& refused) {
  if (!refused.empty()) fail(who + " obeys a coordinator though " + refused);
}

void Oracle::started(EpochId epoch) {
  if (!epochs_.insert(epoch).second) fail("two starts share epoch " + std::to_string(epoch.epoch) + " and nonce");
}

void Oracle::lost(const BranchId& id) {
  branch(id).lost = true;
}

void Oracle::executed(const BranchId& id) {
  if (++branch(id).executed > 1) fail("the payload of " + name_of(id) + " runs twice");
}

void Oracle::excuse(const TransactionId& id) {
  stories_[id].excused = true;
}

// ---- the end ----

Outcome Oracle::truth_about(const TransactionId& id) const {
  const auto found = stories_.find(id);
  if (found == stories_.end()) return Outcome::kAborted;
  const Story& story = found->second;
  if (story.told) return *story.told;
  const bool any = std::any_of(story.branches.begin(), story.branches.end(),
                               [](const auto& one) { return one.second.committed && !one.second.alone; });
  return any || story.durable ? Outcome::kCommitted : Outcome::kAborted;
}

bool Oracle::is_decided(const TransactionId& id) const {
  const auto found = stories_.find(id);
  return found != stories_.end() && found->second.durable;
}

std::vector<TransactionId> Oracle::told() const {
  std::vector<TransactionId> ids;
  for (const auto& [id, story] : stories_) {
    if (story.told) ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

void Oracle::shown_at_the_end(const TransactionId& id, const TransactionView* view) {
  const Story& story = stories_[id];
  if (story.excused || older_log_) return;
  for (const auto& [n, one] : story.branches) {
    if (!one.reported) continue;
    const bool shown = view && std::any_of(view->branches.begin(), view->branches.end(), [n = n](const auto& branch) {
                         return branch.n == n && branch.heuristic.has_value();
                       });
    if (!shown) fail(name_of(BranchId{id, n}) + " was reported as heuristic, and is not shown after a restart");
  }
}

void Oracle::check_end() {
  for (const auto& [id, story] : stories_) {
    if (story.excused || older_log_) continue;
    for (const auto& [n, one] : story.branches) {
      const std::string who = name_of(BranchId{id, n});
      if (retired_.count(one.participant) != 0) continue;
      if (story.durable && one.listed && !one.committed && !one.alone && !one.lost) fail(who + " never committed");
      const bool contradicts = story.durable && one.listed && one.alone && one.aborted;
      const bool is_gone = story.durable && one.listed && one.lost;
      if ((contradicts || is_gone) && !one.reported) fail(who + " went against the decision, and nobody reports it");
    }
    if (story.durable && !story.ended) fail(name_of(id) + " has committed everywhere and is never ended");
  }
}

}  // namespace troth::sim
