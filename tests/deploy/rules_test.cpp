// The alerts: Prometheus reads them, each is tried both ways, and each leads to a paragraph that says what to do.
#include <gtest/gtest.h>

#include <regex>

#include "tests/deploy/tools.h"

namespace troth::deploy {
namespace {

constexpr const char* kRules = "deploy/prometheus/rules.yml";

std::vector<Alert> alerts() {
  return alerts_in(read_source(kRules));
}

TEST(Rules, PassPromtool) {
  const auto rules = promtool({"check", "rules", source_file(kRules)});
  EXPECT_EQ(rules.code, 0) << rules.said;
  EXPECT_NE(rules.said.find(std::to_string(alerts().size()) + " rules found"), std::string::npos) << rules.said;
  const auto config = promtool({"check", "config", source_file("deploy/prometheus/prometheus.yml")});
  EXPECT_EQ(config.code, 0) << config.said;
}

TEST(Rules, FireWhenTheyShouldAndNotWhenTheyShouldNot) {
  const auto tested = promtool({"test", "rules", source_file("deploy/prometheus/rules_test.yml")});
  EXPECT_EQ(tested.code, 0) << tested.said;
}

TEST(Rules, EachIsTriedBothWays) {
  const std::string tests = read_source("deploy/prometheus/rules_test.yml");
  for (const Alert& alert : alerts()) {
    const std::regex fires("alertname: " + alert.name + "\n +exp_alerts:\n");
    EXPECT_TRUE(std::regex_search(tests, fires)) << alert.name << " is never seen to fire";
    const std::regex quiet("alertname: " + alert.name + "\\}");
    EXPECT_TRUE(std::regex_search(tests, quiet)) << alert.name << " is never seen to be quiet";
  }
}

TEST(Rules, AnAnchorIsMadeOfAHeading) {
  const std::set<std::string> expected{"disk-full", "trothdown"};
  EXPECT_EQ(anchors_in("# Disk full\ntext\n### TrothDown\n```\n# no heading\n```\n#no\n"), expected);
}

TEST(Rules, EachSaysHowBadItIsAndWhatToDo) {
  constexpr std::string_view kPage = "docs/operations.md#";
  const auto anchors = anchors_in(read_source("docs/operations.md"));
  ASSERT_GE(alerts().size(), 10u);
  for (const Alert& alert : alerts()) {
    SCOPED_TRACE(alert.name);
    EXPECT_TRUE(alert.field("severity") == "critical" || alert.field("severity") == "warning");
    EXPECT_NE(alert.field("summary"), "");
    EXPECT_NE(alert.field("description"), "");
    const std::string url = alert.field("runbook_url");
    ASSERT_EQ(url.rfind(kPage, 0), 0u) << url;
    EXPECT_EQ(anchors.count(url.substr(kPage.size())), 1u) << url << " leads nowhere";
  }
}

TEST(Rules, NameTheParticipantAndTheAge) {
  for (const Alert& alert : alerts()) {
    if (alert.field("expr").find("troth_participant_") == std::string::npos) continue;
    EXPECT_NE(alert.field("summary").find("$labels.participant"), std::string::npos) << alert.name;
    EXPECT_NE(alert.field("description").find("$labels.participant"), std::string::npos) << alert.name;
    EXPECT_NE(alert.field("summary").find("$value"), std::string::npos) << alert.name;
  }
}

}  // namespace
}  // namespace troth::deploy
