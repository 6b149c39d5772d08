// tests/explore/actions.h: everything that can happen next in a state of the world.
#pragma once

#include <string>
#include <vector>

#include "tests/explore/participant.h"

namespace troth::explore {

enum class Do : std::uint8_t {
  // clients
  kAskCommit,  // arg: 0 first, 1 until completed, 2 another branch count, 3 after the deadline
  kAskAbort,
  kQuery,
  kEnlistByClient,  // arg: 0 a branch, 1 the same with another payload
  // the coordinator
  kSync,
  kDeadline,
  kRetryDue,
  kWaiterDue,
  kTick,
  kCrash,  // arg: records kept
  // connections
  kConnect,
  kToParticipant,  // arg: place in the queue
  kToCoordinator,  // arg: place in the queue
  kParticipantLoses,
  kCoordinatorLoses,  // arg: 1 with its prepares unsent
  // a participant's process
  kReturn,  // arg: End
  kDie,     // arg: Death
  kWake,
  kList,
  kTellList,
  kEnlist,
  kEnlistTimesOut,
  kForget,
  kDrop,
  // callbacks
  kRequest,   // arg: Say * 8 + End
  kResponse,  // arg: Say
  kFailed,    // arg: 1 it never left, 2 it never left and was not the only attempt
  kCallbackLists,
  kCallbackAsks,
  // people
  kByHand,   // arg: End
  kResolve,  // arg: ResolveAction, + 4 heuristic, + 8 dry run
  kRetry,
  kRetire,
  kRetireAgain,
  kDrain,
  kStranger,  // arg: 0 votes commit, 1 votes abort, 2 acknowledges
};

struct Action {
  Do what = Do::kQuery;
  std::uint8_t who = 0;
  std::uint8_t arg = 0;
};

class Actions {
 public:
  Actions(const Config& config, mutants::Cells* cells) : config_(config), coordinator_(config, cells), site_(config) {}

  /// The state everything begins with: sessions connected, the transaction begun with the branches its client names.
  World first() const;
  /// What can happen in `world`, appended to `actions`.
  void possible(const World& world, std::vector<Action>& actions) const;
  void take(World& world, const Action& action) const;
  /// Something goes wrong or somebody interferes: nothing that an undisturbed end may need.
  static bool is_fault(const World& before, const Action& action);

  /// For people; `world` is the state before.
  static std::string describe(const World& world, const Action& action, const std::string& who);

 private:
  void client_actions(const World& world, std::vector<Action>& actions) const;
  void coordinator_actions(const World& world, std::vector<Action>& actions) const;
  void connection_actions(const World& world, int who, std::vector<Action>& actions) const;
  void process_actions(const World& world, int who, std::vector<Action>& actions) const;
  void callback_actions(const World& world, int who, std::vector<Action>& actions) const;
  void failure_actions(const World& world, int who, std::vector<Action>& actions) const;
  void people_actions(const World& world, int who, std::vector<Action>& actions) const;
  void take_of_client(World& world, const Action& action) const;
  void take_of_coordinator(World& world, const Action& action) const;
  void take_of_session(World& world, const Action& action) const;
  void take_of_callback(World& world, const Action& action) const;
  void take_of_people(World& world, const Action& action) const;

  const Config& config_;
  Coordinator coordinator_;
  Site site_;
};

}  // namespace troth::explore
