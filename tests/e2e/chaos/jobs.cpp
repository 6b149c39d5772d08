#include "tests/e2e/chaos/jobs.h"

namespace troth::chaos {
namespace {

constexpr int kOverdrawEvery = 8;
constexpr std::int64_t kMostMoved = 90;
constexpr std::int64_t kTooMuch = 1'000'000'000;
constexpr int kKeyedEvery = 3;
constexpr int kDeadlineMs = 5'000;

int draw_account(Random& random) {
  return 1 + static_cast<int>(random() % kAccounts);
}

}  // namespace

std::string body_of(const Job& job, const std::vector<std::string>& participants) {
  const auto yes_or_no = [](bool yes) { return yes ? "true" : "false"; };
  std::string body = R"({"commit":)" + std::string(yes_or_no(job.keyed)) + R"(,"onePhase":)" +
                     yes_or_no(job.one_phase) + R"(,"timeoutMs":)" + std::to_string(kDeadlineMs) + R"(,"branches":[)";
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
  job.keyed = random() % kKeyedEvery == 0;
  job.effects = {{from, draw_account(random), -amount}, {to, draw_account(random), amount}};
  return job;
}

}  // namespace troth::chaos
