// proto/codec/enums.h: how many values each closed set has. On the wire an enum is its value + 1, so that 0, what
// Protobuf reads for an absent field, is never a value.
#pragma once

#include <cstdint>
#include <string_view>

#include "proto/values/facts.h"
#include "proto/values/words.h"

namespace troth::codec {

/// `TransactionView::effects_none` as the word api.md shows.
enum class Effects : std::uint8_t { kSome, kNone };
inline std::string_view word(Effects value) {
  return value == Effects::kSome ? "some" : "none";
}

constexpr std::uint64_t count_up_to(auto last) {
  return static_cast<std::uint64_t>(last) + 1;
}
constexpr std::uint64_t count_of(Phase) {
  return count_up_to(Phase::kFinished);
}
constexpr std::uint64_t count_of(BranchState) {
  return count_up_to(BranchState::kHeuristic);
}
constexpr std::uint64_t count_of(VoteKind) {
  return count_up_to(VoteKind::kReadOnly);
}
constexpr std::uint64_t count_of(Outcome) {
  return count_up_to(Outcome::kAborted);
}
constexpr std::uint64_t count_of(HeuristicKind) {
  return count_up_to(HeuristicKind::kHazard);
}
constexpr std::uint64_t count_of(AbortReason) {
  return count_up_to(AbortReason::kRestart);
}
constexpr std::uint64_t count_of(Attention) {
  return count_up_to(Attention::kHeuristic);
}
constexpr std::uint64_t count_of(DecisionKind) {
  return count_up_to(DecisionKind::kForeignLog);
}
constexpr std::uint64_t count_of(AckResult) {
  return count_up_to(AckResult::kUnknownBranch);
}
constexpr std::uint64_t count_of(ParticipantKind) {
  return count_up_to(ParticipantKind::kCallback);
}
constexpr std::uint64_t count_of(Routing) {
  return count_up_to(Routing::kPinned);
}
constexpr std::uint64_t count_of(ParticipantState) {
  return count_up_to(ParticipantState::kRetired);
}
constexpr std::uint64_t count_of(Wait) {
  return count_up_to(Wait::kCompleted);
}
constexpr std::uint64_t count_of(PayloadType) {
  return count_up_to(PayloadType::kBytes);
}
constexpr std::uint64_t count_of(ResolveAction) {
  return count_up_to(ResolveAction::kForget);
}
constexpr std::uint64_t count_of(fact::OperatorAct) {
  return count_up_to(fact::OperatorAct::kGapAborted);
}
constexpr std::uint64_t count_of(Effects) {
  return count_up_to(Effects::kNone);
}

}  // namespace troth::codec
