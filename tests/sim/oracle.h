// tests/sim/oracle.h: sees everything that happens in a history, from outside of all processes, and says when a promise
// is broken. It knows nothing of phases or of messages in flight: only what is on disks, what was said, and to whom.
//
// Promises (design.md §3): AC1 no two branches end differently; AC2 none reverses; AC3 commit only if all voted for it;
// told-is-done: what anybody was told stays true, and no commit is told that a power cut could undo; a payload runs
// once, a request is executed once; what is reported as heuristic happened, and what happened is reported. What a
// participant does by itself or loses, and what a restored log cannot know, is excused and counted.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "proto/values/answers.h"
#include "proto/values/facts.h"
#include "proto/values/messages.h"
#include "recovery/known.h"

namespace troth::sim {

class Trace;

class Oracle {
 public:
  explicit Oracle(Trace& trace) : trace_(trace) {}

  // ---- the coordinator's log ----
  void appended(const Fact& fact);
  void durable(const Fact& fact);
  /// A start has read its log. `older`: the directory is a backup or an old copy, so it may know less than was told.
  void recovered(const recovery::Known& known, bool older);
  /// An operator settled an id of a gap.
  void settled_gap(const TransactionId& id, Outcome outcome);

  /// Some coordinator on this log starts, on whatever copy of it.
  void started(EpochId epoch);

  // ---- what clients do ----
  /// The client has so many branches in mind when it asks for the commit.
  void meddled(const TransactionId& id) { stories_[id].meddled = true; }  // another one asks for it, and counts nothing
  void expects(const std::string& label, std::size_t branches) { expected_[label] = branches; }
  /// A client session sends a request for the first time, under this epoch.
  void first_sent(const std::string& label, EpochId epoch) { first_sent_.emplace(label, epoch); }

  // ---- what left the coordinator ----
  void said(const session::Message& message, bool to_callback);
  void welcomed(const std::string& participant);
  void answered(const answer::Answer& answer);
  /// `expired` was answered to a question about this transaction, or to a request under a key.
  void expired(const std::optional<TransactionId>& about, bool keyed);
  /// What a client takes home of one operation (its label), once and for all.
  void client_heard(const std::string& label, Outcome outcome);

  // ---- participants' disks ----
  void prepared(const BranchId& branch);
  void read_only(const BranchId& branch);
  void committed(const BranchId& branch, bool alone, bool one_phase);
  void aborted(const BranchId& branch, bool alone);
  void lost(const BranchId& branch);
  void executed(const BranchId& branch);
  /// A commit vote has arrived at a coordinator.
  void voted(const BranchId& id) { branch(id).voted = true; }
  /// A service has done work for a joined branch; how much of it was there when it prepared.
  void worked(const BranchId& id) { ++branch(id).worked; }
  void prepared_work(const BranchId& id, int count);
  /// A participant obeys this start from now on; `refused` is what the fence has to say of it.
  void adopted(const std::string& who, const std::string& refused);
  void belongs(const BranchId& id, const std::string& participant) { branch(id).participant = participant; }
  /// Nobody will hold this branch against anybody: its participant is gone for good, or an operator acted on it.
  void excuse(const TransactionId& id);
  void retired(const std::string& participant) { retired_.insert(participant); }

  /// Everything of which an outcome was told, in order.
  std::vector<TransactionId> told() const;
  /// What a fresh start shows of it: what was reported against it is still there. Null: nothing.
  void shown_at_the_end(const TransactionId& id, const TransactionView* view);
  /// When everything is over.
  void check_end();
  void fail(const std::string& what);

  const std::vector<std::string>& violations() const { return violations_; }
  std::uint64_t commits() const { return commits_; }
  std::uint64_t told_aborts() const { return told_aborts_; }
  std::uint64_t heuristics() const { return heuristics_; }
  const TransactionId& horizon() const { return horizon_; }
  /// What disks and words say became of `id`; for the operator of a restored log.
  Outcome truth_about(const TransactionId& id) const;
  bool is_decided(const TransactionId& id) const;

 private:
  struct BranchStory {
    bool prepared = false;
    bool voted = false;
    bool read_only = false;
    bool committed = false;
    bool aborted = false;
    bool alone = false;
    bool lost = false;
    bool listed = false;    // told to commit by the decision
    bool reported = false;  // as a heuristic, durably
    int executed = 0;
    int worked = 0;
    std::string participant;
  };
  struct Story {
    std::optional<Outcome> told;
    bool appended = false;  // CommitDecided is in the log, perhaps not durable
    bool durable = false;
    bool started = false;  // PrepareStarted or OnePhaseStarted is durable
    bool ended = false;    // Ended is durable
    bool excused = false;
    bool meddled = false;
    std::string label;
    std::map<std::uint32_t, BranchStory> branches;
  };
  using Stories = std::unordered_map<TransactionId, Story, IdHash>;

  void check_votes(const fact::CommitDecided& decided, const Story& story);
  void check_once(const fact::CommitDecided& decided);
  void check_committed_once(const fact::CommitDecided& decided);
  void check_report(const fact::HeuristicReported& reported);
  void tell(const TransactionId& id, Outcome outcome, const char* how);
  void tell_branch(const BranchId& branch, DecisionKind decision, const char* how);
  void tell_view(const TransactionView& view);
  void forgotten(const BranchId& branch);
  void horizon_rose(const TransactionId& horizon);
  void horizon_recovered(const TransactionId& horizon);
  void check_told_horizon(const TransactionId& horizon);
  /// It lies below the horizon: nothing has to be known of it any more.
  bool is_old(const TransactionId& id) const { return id.log == horizon_.log && id < horizon_; }
  BranchStory& branch(const BranchId& id) { return stories_[id.transaction].branches[id.n]; }

  Trace& trace_;
  Stories stories_;
  std::map<std::string, TransactionId> committed_labels_;
  std::map<std::string, Outcome> heard_;
  std::map<std::string, std::size_t> expected_;
  std::map<std::string, EpochId> first_sent_;
  std::set<EpochId> epochs_;
  std::set<std::string> registered_;
  std::set<std::string> retired_;
  std::vector<std::string> violations_;
  bool older_log_ = false;  // at least once
  TransactionId horizon_;   // durable
  std::uint64_t commits_ = 0;
  std::uint64_t told_aborts_ = 0;
  std::uint64_t heuristics_ = 0;
};

}  // namespace troth::sim
