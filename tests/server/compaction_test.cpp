// A server makes its log shorter while it serves, and knows afterwards what it knew before.
#include <gtest/gtest.h>

#include "tests/server/live_server.h"
#include "tests/server/scripted_participant.h"

namespace troth::test {
namespace {

constexpr const char* kTransfer =
    R"({"label":"order","branches":[{"participant":"bank-a","payload":1},{"participant":"bank-b","payload":2}],"commit":true})";

class CompactingServer : public ::testing::Test {
 protected:
  CompactingServer()
      : live_([] {
          auto config = test_config("");
          config.limits.compact_records = 20;
          return config;
        }()) {}

  void connect_both() {
    for (const std::string name : {"bank-a", "bank-b"}) {
      banks_.push_back(ScriptedParticipant::connect(live_.io(), live_.port(), hello(name),
                                                    ScriptedParticipant::votes(VoteKind::kCommit)));
      ASSERT_TRUE(banks_.back()->wait_for<session::Welcome>());
    }
  }
  std::string commit(const std::string& key) {
    const auto result = live_.post("/v1/transactions", kTransfer, {{"idempotency-key", key}});
    EXPECT_EQ(result.status, 200) << key;
    return member(result.body, "id");
  }
  bool has_compacted() {
    return live_.eventually([this] {
      return live_.metric("troth_log_compactions_total") >= 1 && live_.metric("troth_log_records_after_set") < 20;
    });
  }

  LiveServer live_;
  std::vector<std::shared_ptr<ScriptedParticipant>> banks_;
};

TEST_F(CompactingServer, KnowsEveryOutcomeAndKeyAfterwards) {
  connect_both();
  std::vector<std::string> ids;
  for (int i = 0; i < 60; ++i) ids.push_back(commit("key-" + std::to_string(i)));
  ASSERT_TRUE(has_compacted());
  for (const bool restarted : {false, true}) {
    SCOPED_TRACE(restarted);
    if (restarted) live_.restart();
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const auto shown = live_.get("/v1/transactions/" + ids[i]);
      EXPECT_EQ(member(shown.body, "outcome"), "committed") << ids[i];
      EXPECT_EQ(commit("key-" + std::to_string(i)), ids[i]) << "the same transaction again";
    }
  }
  EXPECT_GT(live_.metric("troth_log_set_rows"), 0);
}

TEST_F(CompactingServer, KeepsADecisionThatNobodyHasAcknowledged) {
  connect_both();
  auto deaf =
      ScriptedParticipant::connect(live_.io(), live_.port(), hello("deaf"), [](const session::Message& message) {
        std::optional<session::Message> answer;
        if (const auto* prepare = std::get_if<session::Prepare>(&message)) {
          answer = session::Vote{prepare->branch, VoteKind::kCommit, {}};
        }
        return answer;
      });
  ASSERT_TRUE(deaf->wait_for<session::Welcome>());
  const auto result = live_.post("/v1/transactions",
                                 R"({"branches":[{"participant":"deaf"},{"participant":"bank-a"}],"commit":true})", {});
  const std::string id = member(result.body, "id");
  for (int i = 0; i < 40; ++i) commit("key-" + std::to_string(i));
  ASSERT_TRUE(has_compacted());
  live_.restart();
  EXPECT_EQ(live_.started().in_doubt, 1U);
  auto again = ScriptedParticipant::connect(live_.io(), live_.port(), hello("deaf"),
                                            ScriptedParticipant::votes(VoteKind::kCommit));
  const auto told = again->wait_for<session::Commit>();
  ASSERT_TRUE(told);
  EXPECT_EQ(to_text(told->branch.transaction), id);
}

}  // namespace
}  // namespace troth::test
