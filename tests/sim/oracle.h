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

  // ---- what left the coordinator ----
  void said(const session::Message& message, bool to_callback);
  void welcomed(const std::string& participant);
  void answered(const answer::Answer& answer);
  /// What a client takes home of one operation (its label), once and for all.
  void client_heard(const std::string& label, Outcome outcome);

  // ---- participants' disks ----
  void prepared(const BranchId& branch);
  void read_only(const BranchId& branch);
  void committed(const BranchId& branch, bool alone, bool one_phase);
  void aborted(const BranchId& branch, bool alone);
  void lost(const BranchId& branch);
  void executed(const BranchId& branch);
  void belongs(const BranchId& id, const std::string& participant) { branch(id).participant = participant; }
  /// Nobody will hold this branch against anybody: its participant is gone for good, or an operator acted on it.
  void excuse(const TransactionId& id);
  void retired(const std::string& participant) { retired_.insert(participant); }

  /// When everything is over.
  void check_end();
  void fail(const std::string& what);

  const std::vector<std::string>& violations() const { return violations_; }
  std::uint64_t commits() const { return commits_; }
  std::uint64_t told_aborts() const { return told_aborts_; }
  std::uint64_t heuristics() const { return heuristics_; }
  /// What disks and words say became of `id`; for the operator of a restored log.
  Outcome truth_about(const TransactionId& id) const;
  bool is_decided(const TransactionId& id) const;

 private:
  struct BranchStory {
    bool prepared = false;
    bool read_only = false;
    bool committed = false;
    bool aborted = false;
    bool alone = false;
    bool lost = false;
    bool listed = false;    // told to commit by the decision
    bool reported = false;  // as a heuristic
    int executed = 0;
    std::string participant;
  };
  struct Story {
    std::optional<Outcome> told;
    bool appended = false;  // CommitDecided is in the log, perhaps not durable
    bool durable = false;
    bool started = false;  // PrepareStarted or OnePhaseStarted is durable
    bool ended = false;    // Ended is durable
    bool excused = false;
    std::string label;
    std::map<std::uint32_t, BranchStory> branches;
  };
  using Stories = std::unordered_map<TransactionId, Story, IdHash>;

  void check_votes(const fact::CommitDecided& decided, const Story& story);
  void check_once(const fact::CommitDecided& decided);
  void check_report(const fact::HeuristicReported& reported);
  void tell(const TransactionId& id, Outcome outcome, const char* how);
  void tell_branch(const BranchId& branch, DecisionKind decision, const char* how);
  void tell_view(const TransactionView& view);
  void forgotten(const BranchId& branch);
  BranchStory& branch(const BranchId& id) { return stories_[id.transaction].branches[id.n]; }

  Trace& trace_;
  Stories stories_;
  std::map<std::string, TransactionId> committed_labels_;
  std::map<std::string, Outcome> heard_;
  std::set<std::string> registered_;
  std::set<std::string> retired_;
  std::vector<std::string> violations_;
  bool older_log_ = false;  // at least once
  std::uint64_t commits_ = 0;
  std::uint64_t told_aborts_ = 0;
  std::uint64_t heuristics_ = 0;
};

}  // namespace troth::sim
