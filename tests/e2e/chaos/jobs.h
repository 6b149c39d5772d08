// tests/e2e/chaos/jobs.h: what the clients of a chaos run ask for, and what they were told.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "tests/e2e/demo/books.h"

namespace troth::chaos {

/// One branch: `amount` into `account` of participant number `at`. Zero changes nothing: such a branch only reads.
struct Effect {
  std::size_t at = 0;
  int account = 1;
  std::int64_t amount = 0;
};

/// With a key all of it is one request, repeated under that key. Without, it is begun, then committed by its id; what
/// was begun and not heard of is left to its deadline.
struct Job {
  std::uint64_t number = 0;
  bool keyed = true;
  bool one_phase = false;
  std::vector<Effect> effects;
};

struct Told {
  Job job;
  std::string transaction;
  bool committed = false;
};

/// The request that begins `job`, and with a key commits it as well; participants by name.
std::string body_of(const Job& job, const std::vector<std::string>& participants);

using Random = std::mt19937_64;
/// Draws the next job.
using Draw = std::function<Job(Random& random)>;

inline constexpr int kAccounts = 40;
inline constexpr std::int64_t kBalance = demo::kBalance;  // the books of both are checked alike

/// From one participant to another, with a key or without; now and then of more money than there is: that must be
/// refused.
Job draw_transfer(Random& random, std::size_t from, std::size_t to);

}  // namespace troth::chaos
