// tests/explore/codec.h: a state of the world as few bytes, and back. Equal states give equal bytes; what cannot be
// seen by any step (revisions, reasons, times of day) is left out, counts are cut off where nothing depends on more.
#pragma once

#include <array>
#include <string>

#include "tests/explore/world.h"

namespace troth::explore {

/// Attempts are told apart up to this: 2 means two or more.
inline constexpr std::uint32_t kMaxAttempts = 2;

/// Where each participant of the encoded state stood in the world: place i holds participant order[i].
using Order = std::array<std::uint8_t, kMaxParticipants>;

/// Writes `world` to `bytes`, participants of one kind in an order that does not depend on their names if the
/// configuration calls them symmetric. Returns that order.
Order encode(const Config& config, const World& world, std::string& bytes);
/// The world that `bytes` mean. Branches are numbered in the order of participants.
void decode(const Config& config, const std::string& bytes, World& world);

/// "a", "b", "c"; and back.
const std::string& participant_name(int who);
int participant_of(const std::string& name);

TransactionId the_transaction();

}  // namespace troth::explore
