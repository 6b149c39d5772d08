#include "tests/e2e/demo/transfers.h"

#include <random>

#include "tests/e2e/demo/system.h"

namespace troth::demo {
namespace {

constexpr std::uint32_t kOverdrawEvery = 25;
constexpr std::int64_t kMostMoved = 300;
constexpr std::int64_t kAllMoney = std::int64_t{2} * kAccounts * kBalance;

std::string branch(std::size_t bank, int account, std::int64_t amount) {
  return std::string("{\"participant\":\"") + kBanks[bank] + "\",\"payload\":{\"account\":" + std::to_string(account) +
         ",\"amount\":" + std::to_string(amount) + "}}";
}

}  // namespace

std::string Transfer::body() const {
  return "{\"label\":\"transfer-" + std::to_string(number) + "\",\"branches\":[" +
         branch(from_bank, from_account, -amount) + "," + branch(to_bank(), to_account, amount) + "],\"commit\":true}";
}

std::vector<Transfer> draw_transfers(std::uint32_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto draw = [&random](std::uint64_t below) { return random() % below; };
  std::vector<Transfer> transfers(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    Transfer& transfer = transfers[i];
    transfer.number = i + 1;
    transfer.from_bank = draw(2);
    transfer.from_account = 1 + static_cast<int>(draw(kAccounts));
    transfer.to_account = 1 + static_cast<int>(draw(kAccounts));
    transfer.overdraws = draw(kOverdrawEvery) == 0;
    transfer.amount = 1 + static_cast<std::int64_t>(draw(kMostMoved));
    if (transfer.overdraws) transfer.amount += kAllMoney;
  }
  return transfers;
}

}  // namespace troth::demo
