#include "tests/e2e/ops/prometheus.h"

#include <boost/json.hpp>
#include <limits>
#include <regex>
#include <stdexcept>

namespace troth::e2e {
namespace {

namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  return found == nullptr ? std::string() : std::string(found->as_string());
}

std::string configuration(const std::string& target) {
  return "global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}\n"
         "rule_files: [rules.yml]\n"
         "scrape_configs:\n"
         "- job_name: troth\n"
         "  static_configs: [{targets: ['" +
         target + "']}]\n";
}

}  // namespace

std::string hurried(const std::string& rules) {
  std::string out =
      std::regex_replace(rules, std::regex("oldest_in_doubt_seconds > 60"), "oldest_in_doubt_seconds > 1");
  constexpr std::string_view kPatience = "for: 1m\n";
  for (const char* name : {"alert: TrothInDoubt\n", "alert: TrothParticipantGone\n"}) {
    const auto at = out.find(kPatience, out.find(name));
    if (at != std::string::npos) out.replace(at, kPatience.size(), "for: 1s\n");
  }
  return out;
}

Prometheus::Prometheus(const std::string& target, const std::string& rules) {
  write_file(dir_.file("prometheus.yml"), configuration(target));
  write_file(dir_.file("rules.yml"), rules);
  const std::string log = dir_.file("log");
  process_ = demo::Process({TROTH_PROMETHEUS, "--config.file=" + dir_.file("prometheus.yml"),
                            "--storage.tsdb.path=" + dir_.file("data"), "--web.listen-address=127.0.0.1:0"},
                           log);
  static const std::regex kListening("msg=\"Listening on\" address=(127\\.0\\.0\\.1:[0-9]+)");
  std::smatch found;
  std::string said;
  const auto listens = [&] { return std::regex_search(said = read_file(log), found, kListening); };
  if (!World::eventually(listens)) throw std::runtime_error("Prometheus does not start: " + said);
  client_ = std::make_unique<transport::HttpClient>(io_, "http://" + found[1].str(), 4);
  if (!World::eventually([this] { return get("/-/ready").status == 200; })) {
    throw std::runtime_error("Prometheus does not get ready: " + read_file(log));
  }
}

transport::HttpResult Prometheus::get(const std::string& target) {
  return client_->call("GET", target, {}, {}, 10'000);
}

std::vector<Alert> Prometheus::alerts() {
  std::vector<Alert> all;
  const auto answer = get("/api/v1/alerts");
  if (answer.status != 200) return all;
  const auto parsed = json::parse(answer.body);
  for (const auto& item : parsed.at("data").at("alerts").as_array()) {
    if (item.at("state") != "firing") continue;
    const auto& labels = item.at("labels").as_object();
    all.push_back({text_of(labels, "alertname"), text_of(labels, "participant"), text_of(labels, "severity"),
                   text_of(item.at("annotations").as_object(), "summary")});
  }
  return all;
}

std::unique_ptr<Alert> Prometheus::firing(const std::string& name, const std::string& participant) {
  for (Alert& alert : alerts()) {
    if (alert.name == name && alert.participant == participant) {
      return std::make_unique<Alert>(std::move(alert));
    }
  }
  return nullptr;
}

double Prometheus::value(const std::string& query) {
  const auto answer = get("/api/v1/query?query=" + query);
  if (answer.status == 200) {
    const auto parsed = json::parse(answer.body);
    const auto& results = parsed.at("data").at("result").as_array();
    if (!results.empty()) return std::stod(std::string(results[0].at("value").at(1).as_string()));
  }
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace troth::e2e
