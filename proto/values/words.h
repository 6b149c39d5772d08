// proto/values/words.h: the closed sets of design.md §1 and api.md, each with its one spelling.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace troth {

enum class Phase : std::uint8_t { kActive, kPreparing, kCommitting, kAborting, kFinished };
enum class BranchState : std::uint8_t {
  kActive,
  kPreparing,
  kPrepared,
  kReadOnly,
  kRefused,
  kCommitting,
  kCommitted,
  kAborting,
  kAborted,
  kHeuristic
};
enum class VoteKind : std::uint8_t { kCommit, kAbort, kReadOnly };
enum class Outcome : std::uint8_t { kCommitted, kAborted };
enum class HeuristicKind : std::uint8_t { kCommit, kAbort, kMixed, kHazard };
enum class AbortReason : std::uint8_t {
  kVote,
  kDeadline,
  kClient,
  kOperator,
  kUnreachable,
  kBranchCount,
  kIncarnation,
  kRestart
};
enum class Attention : std::uint8_t { kUndecided, kUndelivered, kHeuristic };
enum class DecisionKind : std::uint8_t { kCommit, kAbort, kUndecided, kUnknown, kForeignLog };
enum class AckResult : std::uint8_t {
  kCommitted,
  kAborted,
  kHeuristicCommit,
  kHeuristicAbort,
  kHeuristicMixed,
  kUnknownBranch
};
enum class ParticipantKind : std::uint8_t { kSession, kCallback };
enum class Routing : std::uint8_t { kAny, kPinned };
enum class ParticipantState : std::uint8_t { kConnected, kDisconnected, kRetired };
enum class Wait : std::uint8_t { kDecided, kCompleted };
enum class PayloadType : std::uint8_t { kNone, kJson, kBytes };
enum class ResolveAction : std::uint8_t { kCommit, kAbort, kForget };

/// The word of api.md: snake_case, as in JSON ("read_only", "branch_count").
std::string_view word(Phase value);
std::string_view word(BranchState value);
std::string_view word(VoteKind value);
std::string_view word(Outcome value);
std::string_view word(HeuristicKind value);
std::string_view word(AbortReason value);
std::string_view word(Attention value);
std::string_view word(DecisionKind value);
std::string_view word(AckResult value);
std::string_view word(ParticipantKind value);
std::string_view word(Routing value);
std::string_view word(ParticipantState value);
std::string_view word(Wait value);
std::string_view word(ResolveAction value);

std::optional<Phase> parse_phase(std::string_view text);
std::optional<Wait> parse_wait(std::string_view text);
std::optional<Routing> parse_routing(std::string_view text);
std::optional<ResolveAction> parse_resolve_action(std::string_view text);
std::optional<Outcome> parse_outcome(std::string_view text);

}  // namespace troth
