#include "tests/e2e/chaos/jobs.h"

namespace troth::chaos {
namespace {

constexpr int kOverdrawEvery = 8;
constexpr std::int64_t kMostMoved = 90;
constexpr std::int64_t kTooMuch = 1'000'000'000;

int draw_account(Random& random) {
  return 1 + static_cast<int>(random() % kAccounts);
}

}  // namespace

std::string body_of(const Job& job, const std::vector<std::string>& participants) {
  std::string body =
      R"({"commit":true,"onePhase":)" + std::string(job.one_phase ? "true" : "false") + R"(,"branches":[)";
  for (const Effect& effect : job.effects) {
    if (body.back() == '}') body += ',';
    body += R"({"participant":")" + participants[effect.at] + R"(","payload":{"account":)" +
            std::to_string(effect.account) + R"(,"amount":)" + std::to_string(effect.amount) + "}}";
  }
  return body + "]}";
}

Job draw_transfer(Random& random, std::size_t from, std::size_t to) {
  std::int64_t amount = 1 + static_cast<std::int64_t>(random() % kMostMoved);
  if (random() % kOverdrawEvery == 0) amount += kTooMuch;
  Job job;
  job.effects = {{from, draw_account(random), -amount}, {to, draw_account(random), amount}};
  return job;
}

}  // namespace troth::chaos
