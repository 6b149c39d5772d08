// The dashboard: every expression is PromQL, and whatever it or the alerts look at is there in a running trothd.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <regex>

#include "coordinator/server/metrics.h"
#include "tests/deploy/tools.h"

namespace troth::deploy {
namespace {

namespace json = boost::json;

json::value dashboard() {
  return json::parse(read_source("deploy/grafana/troth.json"));
}

/// Every text called `expr`, at whatever depth.
void collect(const json::value& value, std::vector<std::string>& expressions) {
  if (const auto* list = value.if_array()) {
    for (const auto& item : *list) collect(item, expressions);
  }
  if (const auto* object = value.if_object()) {
    for (const auto& [key, item] : *object) {
      if (key == "expr") expressions.emplace_back(item.as_string());
      collect(item, expressions);
    }
  }
}

std::vector<std::string> expressions() {
  std::vector<std::string> found;
  collect(dashboard(), found);
  return found;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

TEST(Dashboard, HasARowForEachQuestion) {
  std::vector<std::string> rows;
  std::set<std::int64_t> ids;
  const auto board = dashboard();
  for (const auto& panel : board.at("panels").as_array()) {
    EXPECT_TRUE(ids.insert(panel.at("id").as_int64()).second) << "an id twice";
    EXPECT_NE(panel.at("title").as_string(), "");
    if (panel.at("type") == "row") rows.emplace_back(panel.at("title").as_string());
  }
  const std::vector<std::string> expected{
      "Health", "Throughput and latency", "In doubt and stuck", "Participants", "Log", "Process"};
  EXPECT_EQ(rows, expected);
}

TEST(Dashboard, AsksOnlyWhatPrometheusUnderstands) {
  const auto all = expressions();
  ASSERT_GE(all.size(), 30u);
  std::string rules = "groups:\n- name: dashboard\n  rules:\n";
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::string plain = replaced(all[i], "$__rate_interval", "1m");
    plain = replaced(replaced(plain, "$instance", ".*"), "$participant", ".*");
    EXPECT_EQ(plain.find('$'), std::string::npos) << "a variable that is not known here: " << all[i];
    EXPECT_EQ(all[i].find("[1m]"), std::string::npos) << "one sample, with a scrape a minute: " << all[i];
    rules += "  - record: panel:" + std::to_string(i) + "\n    expr: |-\n      " + plain + "\n";
  }
  const e2e::TempDir dir;
  e2e::write_file(dir.file("rules.yml"), rules);
  const auto checked = promtool({"check", "rules", dir.file("rules.yml")});
  EXPECT_EQ(checked.code, 0) << checked.said << rules;
  e2e::write_file(dir.file("rules.yml"), rules + "  - record: panel:bad\n    expr: sum(rate(x)\n");
  EXPECT_NE(promtool({"check", "rules", dir.file("rules.yml")}).code, 0) << "this check could not have failed";
}

/// All names under which a scrape can be asked for what /metrics declares.
std::set<std::string> served(const std::string& text) {
  std::set<std::string> names;
  static const std::regex kType("# TYPE ([a-z0-9_]+) ([a-z]+)");
  for (std::sregex_iterator at(text.begin(), text.end(), kType), end; at != end; ++at) {
    const std::string name = (*at)[1];
    names.insert(name);
    if ((*at)[2] != "histogram") continue;
    for (const char* suffix : {"_bucket", "_sum", "_count"}) names.insert(name + suffix);
  }
  return names;
}

TEST(Dashboard, AndAlertsNameOnlyMetricsThatTrothdHas) {
  e2e::World world;
  world.start();
  const auto scraped = world.get("/metrics");
  ASSERT_EQ(scraped.status, 200);
  const auto there = served(scraped.body);
  ASSERT_EQ(there.count("troth_ready"), 1u) << scraped.body;
  std::set<std::string> named;
  for (const auto& expression : expressions()) named.merge(metrics_in(expression));
  for (const Alert& alert : alerts_in(read_source("deploy/prometheus/rules.yml"))) {
    named.merge(metrics_in(alert.field("expr")));
  }
  const json::value board = dashboard();
  for (const auto& variable : board.at("templating").at("list").as_array()) {
    const auto* query = variable.at("query").if_object();
    if (query != nullptr) named.merge(metrics_in(std::string(query->at("query").as_string())));
  }
  EXPECT_GE(named.size(), 30u);
  for (const auto& name : named) EXPECT_EQ(there.count(name), 1u) << "trothd has no " << name;
}

/// A callback participant has no instances, and is chosen by its name all the same.
TEST(Dashboard, OffersEveryParticipant) {
  engine::ParticipantStats caller;
  caller.name = "caller";
  caller.kind = ParticipantKind::kCallback;
  server::Scrape scrape;
  scrape.engine.participants = std::make_shared<const std::vector<engine::ParticipantStats>>(1, caller);
  const std::string scraped = server::metrics_text(scrape, server::HttpCounters(0), {});
  const json::value board = dashboard();
  for (const auto& variable : board.at("templating").at("list").as_array()) {
    if (variable.at("name") != "participant") continue;
    EXPECT_EQ(variable.at("query").at("query"), variable.at("definition"));
    const auto names = metrics_in(std::string(variable.at("definition").as_string()));
    ASSERT_EQ(names.size(), 1u);
    EXPECT_NE(scraped.find("\n" + *names.begin() + "{participant=\"caller\"} "), std::string::npos) << *names.begin();
    return;
  }
  FAIL() << "there is no variable participant";
}

}  // namespace
}  // namespace troth::deploy
