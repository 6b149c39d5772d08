// What the banks' files say, read as anyone could read them, and whether it is what the client was told.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/e2e/demo/transfers.h"

namespace troth::demo {

using Databases = std::array<std::string, 2>;  // files, as kBanks

/// One side of a transfer, as a bank wrote it.
struct Entry {
  std::int64_t account = 0;
  std::int64_t amount = 0;
  bool operator==(const Entry&) const = default;
};
using Entries = std::multimap<std::string, Entry>;  // by transaction

/// All that a bank's file holds.
Entries entries_of(const std::string& file);
/// Adds to `wrong` each account of the file whose balance is not what its transfers add up to.
void check_balances(const std::string& file, std::vector<std::string>& wrong);

/// Sum of all balances of both banks.
std::int64_t money_in(const Databases& databases);
/// Branches that voted commit and do not know the decision.
std::uint64_t prepared_in(const std::string& database);
/// How many transfers the bank has made.
std::uint64_t transfers_in(const std::string& database);

/// Every difference between what was told and what is there, a sentence each: a committed transfer that is not on both
/// sides as asked; an aborted one that is on a side; one on a side that nobody was told of; one that overdraws and was
/// committed; an account whose balance is not what its transfers add up to.
std::vector<std::string> mismatches(const Databases& databases, const std::vector<Transfer>& transfers,
                                    const std::vector<Told>& told);

}  // namespace troth::demo
