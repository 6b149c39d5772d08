#include "coordinator/ctl/survey.h"

#include "coordinator/ctl/look.h"
#include "coordinator/ctl/problem.h"

namespace troth::ctl {
namespace {

/// An id of no log, so that the answer is `foreign_log` and says whose log answers, and nothing is counted as unknown.
constexpr const char* kWhoAreYou = "/v1/transactions/0000000000000-0-1-0000000-1/branches/1/decision";
constexpr Millis kLookMs = 3'000;

Answer ask_for_metrics(Client& client) {
  Answer answer = client.get("/metrics", kLookMs);
  answer.expect(answer.body.find("\ntroth_build_info") != std::string::npos ||
                answer.body.starts_with("troth_build_info"));
  return answer;
}

}  // namespace

std::string Survey::why_not_ready() const {
  std::string why;
  for (const Check& check : checks) {
    if (!check.is_ok) why += (why.empty() ? "" : "; ") + check.name + " " + check.why;
  }
  if (why.empty() && !is_ready()) why = text_at(ready.object(), "detail");
  return why.empty() && !is_ready() ? "it answers " + std::to_string(ready.status) : why;
}

Survey take_survey(Client& client) {
  Survey survey;
  survey.ready = client.get("/readyz?verbose", kLookMs);
  survey.asked_at = now_at();
  survey.checks = read_checks(survey.ready.body);
  survey.ready.expect(!survey.checks.empty());
  if (!survey.is_reachable()) return survey;
  const Answer metrics = ask_for_metrics(client);
  if (metrics.is_ok()) survey.metrics = Scrape(metrics.body);
  if (!metrics.is_ok()) survey.no_metrics = what_of(metrics);
  for (const auto& sample : survey.metrics.all("troth_build_info")) {
    const auto version = sample.labels.find("version");
    if (version != sample.labels.end()) survey.version = version->second;
  }
  const Answer who = client.get(kWhoAreYou, kLookMs);
  survey.log_id = text_at(who.object(), "logId");
  survey.epoch = text_at(who.object(), "epoch");
  Answer participants = client.get("/v1/participants", kLookMs);
  participants.expect_list("participants");
  survey.participants = array_at(participants.object(), "participants");
  if (!participants.is_ok()) survey.no_participants = what_of(participants);
  return survey;
}

Scrape scrape_again(Client& client) {
  const Answer answer = ask_for_metrics(client);
  return Scrape(answer.is_ok() ? answer.body : "");
}

}  // namespace troth::ctl
