// Which transfers are made: drawn from the seed before anything runs, so that a seed names a run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace troth::demo {

inline constexpr int kBalance = 10'000;  // of each account at the start

struct Transfer {
  std::uint32_t number = 0;   // from 1
  std::size_t from_bank = 0;  // index into kBanks; it goes to the other one
  int from_account = 1;
  int to_account = 1;
  std::int64_t amount = 0;
  bool overdraws = false;  // more than there is money: must be refused

  std::size_t to_bank() const { return 1 - from_bank; }
  /// The body of the request that makes this transfer in one round trip.
  std::string body() const;
};

/// What the client was told of a transfer.
struct Told {
  std::uint32_t transfer = 0;
  std::string transaction;
  bool committed = false;
  std::string abort_reason;
};

std::vector<Transfer> draw_transfers(std::uint32_t count, std::uint64_t seed);

}  // namespace troth::demo
