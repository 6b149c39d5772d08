#include "proto/values/words.h"

#include <array>

namespace troth {
namespace {

using namespace std::string_view_literals;

constexpr std::array kPhases = {"active"sv, "preparing"sv, "committing"sv, "aborting"sv, "finished"sv};
constexpr std::array kBranchStates = {"active"sv,     "preparing"sv, "prepared"sv, "read_only"sv, "refused"sv,
                                      "committing"sv, "committed"sv, "aborting"sv, "aborted"sv,   "heuristic"sv};
constexpr std::array kVotes = {"commit"sv, "abort"sv, "read_only"sv};
constexpr std::array kOutcomes = {"committed"sv, "aborted"sv};
constexpr std::array kHeuristics = {"commit"sv, "abort"sv, "mixed"sv, "hazard"sv};
constexpr std::array kAbortReasons = {"vote"sv,        "deadline"sv,     "client"sv,      "operator"sv,
                                      "unreachable"sv, "branch_count"sv, "incarnation"sv, "restart"sv};
constexpr std::array kAttentions = {"undecided"sv, "undelivered"sv, "heuristic"sv};
constexpr std::array kDecisions = {"commit"sv, "abort"sv, "undecided"sv, "unknown"sv, "foreign_log"sv};
constexpr std::array kAckResults = {"committed"sv,       "aborted"sv,         "heuristic_commit"sv,
                                    "heuristic_abort"sv, "heuristic_mixed"sv, "unknown_branch"sv};
constexpr std::array kParticipantKinds = {"session"sv, "callback"sv};
constexpr std::array kRoutings = {"any"sv, "pinned"sv};
constexpr std::array kParticipantStates = {"connected"sv, "disconnected"sv, "retired"sv};
constexpr std::array kWaits = {"decided"sv, "completed"sv};
constexpr std::array kResolveActions = {"commit"sv, "abort"sv, "forget"sv};

template <class Enum, std::size_t N>
std::string_view pick(const std::array<std::string_view, N>& words, Enum value) {
  return words.at(static_cast<std::size_t>(value));
}

template <class Enum, std::size_t N>
std::optional<Enum> find(const std::array<std::string_view, N>& words, std::string_view text) {
  for (std::size_t i = 0; i < N; ++i) {
    if (words[i] == text) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view word(Phase value) {
  return pick(kPhases, value);
}
std::string_view word(BranchState value) {
  return pick(kBranchStates, value);
}
std::string_view word(VoteKind value) {
  return pick(kVotes, value);
}
std::string_view word(Outcome value) {
  return pick(kOutcomes, value);
}
std::string_view word(HeuristicKind value) {
  return pick(kHeuristics, value);
}
std::string_view word(AbortReason value) {
  return pick(kAbortReasons, value);
}
std::string_view word(Attention value) {
  return pick(kAttentions, value);
}
std::string_view word(DecisionKind value) {
  return pick(kDecisions, value);
}
std::string_view word(AckResult value) {
  return pick(kAckResults, value);
}
std::string_view word(ParticipantKind value) {
  return pick(kParticipantKinds, value);
}
std::string_view word(Routing value) {
  return pick(kRoutings, value);
}
std::string_view word(ParticipantState value) {
  return pick(kParticipantStates, value);
}
std::string_view word(Wait value) {
  return pick(kWaits, value);
}
std::string_view word(ResolveAction value) {
  return pick(kResolveActions, value);
}

std::optional<Phase> parse_phase(std::string_view text) {
  return find<Phase>(kPhases, text);
}
std::optional<Wait> parse_wait(std::string_view text) {
  return find<Wait>(kWaits, text);
}
std::optional<Routing> parse_routing(std::string_view text) {
  return find<Routing>(kRoutings, text);
}
std::optional<ResolveAction> parse_resolve_action(std::string_view text) {
  return find<ResolveAction>(kResolveActions, text);
}
std::optional<Outcome> parse_outcome(std::string_view text) {
  return find<Outcome>(kOutcomes, text);
}

}  // namespace troth
