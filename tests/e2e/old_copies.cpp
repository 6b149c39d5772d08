#include "tests/e2e/old_copies.h"

#include <signal.h>

#include <algorithm>

namespace troth::e2e {
namespace {

constexpr const char* kRemedy = "trothctl log restore";

std::string completed(int amount) {
  return R"({"wait":"completed",)" + transfer(amount).substr(1);
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

void copy_directory(const std::string& from, const std::string& to) {
  demo::Process copy({"/bin/cp", "-a", from, to}, from + ".cp.log");
  ASSERT_EQ(copy.wait(std::chrono::seconds(20)), 0) << read_file(from + ".cp.log");
}

void OldCopy::begin() {
  if (HasFatalFailure()) return;
  real_.start();
  banks_.start_both(real_);
  const auto committed = real_.post("/v1/transactions", completed(1));
  ASSERT_EQ(committed.status, 200) << committed.body;
  before_ = text_in(committed.body, "id");
}

void OldCopy::go_on() {
  if (HasFatalFailure()) return;
  const auto committed = real_.post("/v1/transactions", completed(10));
  ASSERT_EQ(committed.status, 200) << committed.body;
  after_ = text_in(committed.body, "id");
}

void OldCopy::tear() {
  if (HasFatalFailure()) return;
  banks_.process(kBankA).signal(SIGSTOP);
  auto answer = real_.post_beside("/v1/transactions", transfer(100));
  ASSERT_TRUE(World::eventually([this] {
    return has(real_.get("/v1/transactions?state=preparing").body, R"("state":"prepared","vote":"commit")");
  }));
  banks_.process(kBankB).kill_now();
  banks_.process(kBankA).signal(SIGCONT);
  const auto committed = answer.get();
  ASSERT_EQ(committed.status, 200) << committed.body;
  torn_ = text_in(committed.body, "id");
  ASSERT_TRUE(World::eventually([this] { return demo::prepared_in(banks_.database(kBankA)) == 0; }));
  ASSERT_EQ(demo::prepared_in(banks_.database(kBankB)), 1U);
}

void OldCopy::unmask(World& copy) {
  if (HasFatalFailure()) return;
  const std::string seen = banks_.seen(kBankB);
  banks_.start(kBankB, copy);
  ASSERT_TRUE(World::eventually([&] { return copy.get("/readyz").status == 503; }));
  ASSERT_TRUE(World::eventually([&] { return has(banks_.said(kBankB), "runs on an old copy of its log"); }));
  EXPECT_FALSE(has(banks_.said(kBankB), "connected")) << banks_.said(kBankB);  // that would be a Welcome
  EXPECT_EQ(banks_.seen(kBankB), seen);
  expect_unmasked(copy);
}

void OldCopy::expect_unmasked(World& copy) {
  if (HasFatalFailure()) return;
  EXPECT_TRUE(has(copy.get("/readyz").body, kRemedy)) << copy.get("/readyz").body;
  EXPECT_TRUE(
      has(copy.get("/readyz?verbose").body, std::string("[-]log runs on an old copy of its log; run `") + kRemedy));
  EXPECT_TRUE(has(read_file(copy.log()), "trothd.old_copy")) << read_file(copy.log());
  EXPECT_TRUE(has(read_file(copy.log()), kRemedy)) << read_file(copy.log());
  EXPECT_TRUE(World::eventually([&] { return std::filesystem::exists(copy.data() + "/OLD-COPY"); }));
  const std::string metrics = copy.get("/metrics").body;
  EXPECT_TRUE(has(metrics, R"(troth_socket_closes_total{code="4421"})")) << metrics;
  EXPECT_TRUE(has(metrics, "\ntroth_sessions 0\n")) << metrics;
  for (const std::string& id : {after_, torn_}) {
    if (id.empty()) continue;
    for (const char* n : {"1", "2", "7"}) {
      const auto asked = copy.get("/v1/transactions/" + id + "/branches/" + n + "/decision");
      EXPECT_EQ(asked.status, 200) << asked.body;
      EXPECT_EQ(text_in(asked.body, "decision"), "unknown") << asked.body;
    }
    const std::string target = "/v1/transactions/" + id;
    EXPECT_TRUE(is_problem(copy.get(target), 409, "ask-operator")) << copy.get(target).body;
    EXPECT_TRUE(is_problem(copy.post(target + "/commit", "{}"), 409, "ask-operator"));
    EXPECT_TRUE(is_problem(copy.post(target + "/abort", "{}"), 409, "ask-operator"));
  }
  // What the copy does know stays as it was told.
  EXPECT_EQ(text_in(copy.get("/v1/transactions/" + before_).body, "outcome"), "committed");
  EXPECT_TRUE(is_problem(copy.post("/v1/transactions", transfer(1000)), 503, "starting"));
}

void OldCopy::expect_refused(World& copy) {
  if (HasFatalFailure()) return;
  for (int start = 0; start < 2; ++start) {
    const auto before = contents(copy.data());
    const Ended ended = copy.run_to_end({"--data-dir", copy.data(), "--listen", "127.0.0.1:0"});
    EXPECT_EQ(ended.code, 73) << ended.said;
    EXPECT_EQ(std::count(ended.said.begin(), ended.said.end(), '\n'), 1) << ended.said;
    EXPECT_TRUE(has(ended.said, copy.data() + "/OLD-COPY")) << ended.said;
    EXPECT_TRUE(has(ended.said, kRemedy)) << ended.said;
    EXPECT_TRUE(contents(copy.data()) == before) << "the refused start changed the data directory";
  }
}

void OldCopy::expect_mended(std::uint64_t transfers) {
  if (HasFatalFailure()) return;
  banks_.start_both(real_);
  EXPECT_TRUE(World::eventually([this] { return banks_.prepared() == 0; }));
  EXPECT_EQ(real_.get("/readyz").status, 200);
  for (const std::string& id : {before_, after_, torn_}) {
    if (id.empty()) continue;
    EXPECT_EQ(text_in(real_.get("/v1/transactions/" + id).body, "outcome"), "committed");
  }
  EXPECT_EQ(demo::transfers_in(banks_.database(kBankA)), transfers);
  EXPECT_EQ(demo::transfers_in(banks_.database(kBankB)), transfers);
  EXPECT_EQ(banks_.money(), kMoney);
  EXPECT_EQ(real_.stop().code, 0);
}

}  // namespace troth::e2e
