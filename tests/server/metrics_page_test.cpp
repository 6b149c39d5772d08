// docs/metrics.md and a live /metrics say the same, and promtool finds nothing to say about it.
#include "tests/server/metrics_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/server/live_server.h"
#include "tests/server/scripted_participant.h"

namespace troth::test {
namespace {

using testing::IsSupersetOf;

/// A server that has seen some of everything, so that every metric has a sample.
class Busy : public LiveServer {
 public:
  Busy() {
    first_ = ScriptedParticipant::connect(io(), port(), hello("bank-a"), ScriptedParticipant::votes(VoteKind::kCommit));
    EXPECT_TRUE(first_->wait_for<session::Welcome>());
    bank_ = ScriptedParticipant::connect(io(), port(), hello("bank-a"), ScriptedParticipant::votes(VoteKind::kCommit));
    EXPECT_EQ(first_->close_code(), session::kCloseReplaced);
    EXPECT_TRUE(bank_->wait_for<session::Welcome>());
    begin(R"({"branches":[{"participant":"bank-a"}],"commit":true,"wait":"completed"})");
    post("/v1/transactions/" + begin() + "/abort");
    get("/nothing");
    EXPECT_TRUE(eventually([&] { return metric(R"(troth_participant_instances{participant="bank-a"})") == 1; }));
  }

 private:
  std::shared_ptr<ScriptedParticipant> first_;
  std::shared_ptr<ScriptedParticipant> bank_;
};

std::string page() {
  std::ifstream file(std::filesystem::path(TROTH_SOURCE_DIR) / "docs/metrics.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Values that show when they have happened; all other closed sets are shown whole from the start.
bool shows_only_what_happened(const std::string& label) {
  return label == "method" || label == "status";
}

TEST(MetricsPage, SaysWhatAServerSays) {
  Busy live;
  const Families said = families_of(live.get("/metrics").body);
  const Families documented = families_on(page());
  ASSERT_GT(said.size(), 60U);
  for (const auto& [name, family] : documented) EXPECT_TRUE(said.count(name)) << name << " is on the page only";
  for (const auto& [name, family] : said) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(documented.count(name)) << "is not on the page";
    const Family& expected = documented.at(name);
    EXPECT_EQ(expected.type, family.type);
    EXPECT_TRUE(family.has_samples) << "nothing is known of its labels";
    for (const auto& [label, values] : expected.labels) EXPECT_TRUE(family.labels.count(label)) << label;
    for (const auto& [label, values] : family.labels) {
      SCOPED_TRACE(label);
      ASSERT_TRUE(expected.labels.count(label)) << "is not on the page";
      const auto& closed = expected.labels.at(label);
      if (closed.empty()) continue;
      if (shows_only_what_happened(label)) {
        EXPECT_THAT(closed, IsSupersetOf(values));
      } else {
        EXPECT_EQ(closed, values);
      }
    }
  }
}

TEST(MetricsPage, NoParserOfItIsBlind) {
  const Families live = families_of(
      "# HELP a Help.\n# TYPE a counter\na{b=\"c\",d=\"\"} 1\n# TYPE h histogram\n"
      "h_bucket{le=\"+Inf\"} 0\nh_sum 0\nh_count 0\n# TYPE e gauge\n");
  EXPECT_EQ(live.size(), 3U);
  EXPECT_EQ(live.at("a").labels.at("d"), std::set<std::string>{""});
  EXPECT_TRUE(live.at("h").labels.empty());
  EXPECT_FALSE(live.at("e").has_samples);
  const Families written = families_on("| `troth_a` | counter | `b`: `c` `\"\"`; `p`: its name | text | `x` |\n");
  EXPECT_EQ(written.at("troth_a").type, "counter");
  EXPECT_EQ(written.at("troth_a").labels.at("b"), (std::set<std::string>{"c", ""}));
  EXPECT_TRUE(written.at("troth_a").labels.at("p").empty());
}

TEST(Metrics, PassPromtoolWithoutAWord) {
  ASSERT_TRUE(std::filesystem::exists(TROTH_PROMTOOL)) << "promtool is missing; `./dev setup` fetches it";
  Busy live;
  const TemporaryDirectory directory;
  const std::string scraped = directory.path() + "/metrics";
  std::ofstream(scraped) << live.get("/metrics").body;
  const std::string said = directory.path() + "/said";
  const auto check = [&] {
    const int status = std::system((TROTH_PROMTOOL " check metrics < " + scraped + " > " + said + " 2>&1").c_str());
    std::stringstream text;
    text << std::ifstream(said).rdbuf();
    return std::make_pair(WEXITSTATUS(status), text.str());
  };
  EXPECT_EQ(check(), std::make_pair(0, std::string()));
  std::ofstream(scraped, std::ios::app) << "# TYPE troth_bad counter\ntroth_bad 1\n";
  EXPECT_NE(check().first, 0) << "it finds nothing whatever it is given";
}

}  // namespace
}  // namespace troth::test
