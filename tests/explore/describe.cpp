// Actions and messages in words, for traces.
#include "proto/values/words.h"
#include "tests/explore/actions.h"

namespace troth::explore {
namespace {

std::string say(Say what) {
  return std::string(name_of(what));
}

std::string end_of(int arg) {
  switch (static_cast<End>(arg)) {
    case End::kCommit: return "is done";
    case End::kAbort: return "refuses";
    case End::kReadOnly: return "has only read";
    case End::kThrewBefore: return "throws, and nothing is done";
    case End::kThrewAfter: return "throws, though it is done";
    case End::kCount: break;
  }
  return "";
}

std::string call_of(const World& world, const Action& action) {
  switch (world.participants[action.who].state.call) {
    case sdk::Call::kPrepare: return "prepare";
    case sdk::Call::kOnePhase: return "commit_one_phase";
    case sdk::Call::kCommit: return "commit";
    case sdk::Call::kAbort: return "abort";
    case sdk::Call::kLookUp: return "in_doubt";
    case sdk::Call::kNone: break;
  }
  return "no call";
}

std::string death_of(const World& world, const Action& action) {
  static constexpr const char* kAfter[] = {"", "did it", "refused", "only read"};
  if (action.arg == 0) return " dies and starts again";
  return " dies just after " + call_of(world, action) + " " + kAfter[action.arg];
}

std::string client_act(const Action& action) {
  static constexpr const char* kHow[] = {"", ", until completed", ", with another branch count",
                                         ", after the deadline"};
  switch (action.what) {
    case Do::kAskCommit: return std::string("client asks for commit") + kHow[action.arg];
    case Do::kAskAbort: return "client asks for abort";
    case Do::kQuery: return "somebody asks for the outcome";
    default: return action.arg == 0 ? "client enlists a branch" : "client enlists it with another payload";
  }
}

std::string coordinator_act(const World& world, const Action& action, const std::string& who) {
  switch (action.what) {
    case Do::kSync: return "log: record " + std::to_string(world.durable + 1) + " is durable";
    case Do::kDeadline: return "the deadline passes";
    case Do::kRetryDue: return "the retry to " + who + " is due";
    case Do::kWaiterDue: return "a waiter is due";
    case Do::kTick: return "a tick";
    default:
      return "the coordinator dies and starts again with " + std::to_string(action.arg) + " of " +
             std::to_string(world.log.count) + " records";
  }
}

std::string session_act(const World& world, const Action& action, const std::string& who) {
  const Participant& participant = world.participants[action.who];
  switch (action.what) {
    case Do::kConnect: return who + " connects";
    case Do::kToParticipant: return who + " gets " + say(participant.to_participant.items[action.arg]);
    case Do::kToCoordinator:
      return "coordinator gets " + say(participant.to_coordinator.items[action.arg]) + " from " + who;
    case Do::kParticipantLoses: return who + " loses its connection";
    case Do::kCoordinatorLoses:
      return "coordinator loses the connection to " + who + (action.arg == 1 ? ", its prepares had not left" : "");
    case Do::kReturn: return who + ": " + call_of(world, action) + " " + end_of(action.arg);
    case Do::kDie: return who + death_of(world, action);
    case Do::kWake: return who + ": its timer is due";
    case Do::kList: return who + ": lists what is in doubt";
    case Do::kTellList: return who + ": takes the list";
    case Do::kEnlist: return who + ": enlists";
    case Do::kEnlistTimesOut: return who + ": enlist times out";
    case Do::kForget: return who + ": deletes its marker";
    default: return who + ": the SDK forgets the settled branch";
  }
}

std::string callback_act(const Action& action, const std::string& who) {
  static constexpr const char* kFailures[] = {"an attempt at ", "an attempt that never left at ",
                                              "one of several attempts that never left at "};
  switch (action.what) {
    case Do::kRequest: return who + " gets " + say(static_cast<Say>(action.arg / 8)) + " and " + end_of(action.arg % 8);
    case Do::kResponse: return "coordinator gets " + say(static_cast<Say>(action.arg)) + " from " + who;
    case Do::kFailed: return kFailures[action.arg] + who + " fails";
    case Do::kCallbackLists: return who + " lists the branch as prepared";
    default: return who + " asks for the decision, and obeys";
  }
}

std::string people_act(const Action& action, const std::string& who) {
  switch (action.what) {
    case Do::kByHand: {
      static constexpr const char* kHow[] = {"commit", "abort", "abort, without a trace", "half commit, half abort"};
      return std::string("somebody settles the branch at ") + who + " by hand: " + kHow[action.arg];
    }
    case Do::kResolve:
      return "operator resolves " + who + ": " + std::string(word(static_cast<ResolveAction>(action.arg & 3))) +
             ((action.arg & 4) != 0 ? ", heuristic" : "") + ((action.arg & 8) != 0 ? ", dry run" : "");
    case Do::kRetry: return "operator retries " + who;
    case Do::kRetire: return "operator retires " + who;
    case Do::kRetireAgain: return "operator, not answered, retires " + who + " again";
    case Do::kStranger: return "a stranger answers for the branch of " + who;
    default: return "the coordinator drains";
  }
}

std::string_view phase_of(const World& world) {
  return world.live ? word(world.transaction.phase) : std::string_view("not live");
}

}  // namespace

std::string Actions::describe(const World& world, const Action& action, const std::string& who) {
  std::string text;
  if (action.what <= Do::kEnlistByClient) {
    text = client_act(action);
  } else if (action.what <= Do::kCrash) {
    text = coordinator_act(world, action, who);
  } else if (action.what <= Do::kDrop) {
    text = session_act(world, action, who);
  } else if (action.what <= Do::kCallbackAsks) {
    text = callback_act(action, who);
  } else {
    text = people_act(action, who);
  }
  return "[" + std::string(phase_of(world)) + "] " + text;
}

std::string_view name_of(Say what) {
  static constexpr std::string_view kNames[] = {"Welcome",
                                                "Prepare",
                                                "Prepare again",
                                                "CommitOnePhase",
                                                "CommitOnePhase again",
                                                "Commit",
                                                "Abort",
                                                "Decision commit",
                                                "Decision abort",
                                                "Decision undecided",
                                                "Decision unknown",
                                                "Enlisted",
                                                "Enlisted (refused)",
                                                "Forget",
                                                "Vote commit",
                                                "Vote abort",
                                                "Vote read-only",
                                                "Ack committed",
                                                "Ack aborted",
                                                "Ack heuristic_commit",
                                                "Ack heuristic_abort",
                                                "Ack heuristic_mixed",
                                                "Ack unknown_branch",
                                                "Recover",
                                                "Inquire",
                                                "Enlist"};
  return kNames[static_cast<std::size_t>(what)];
}

}  // namespace troth::explore
