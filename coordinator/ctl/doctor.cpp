// `doctor`: one line for each thing that can be wrong and seen from here: ok, warn or fail, and what to do.
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cmath>
#include <ctime>
#include <ostream>
#include <thread>

#include "coordinator/ctl/problem.h"
#include "coordinator/ctl/survey.h"

namespace troth::ctl {
namespace {

namespace json = boost::json;

enum class Verdict : std::uint8_t { kOk, kWarn, kFail, kSkip };

struct Finding {
  std::string check;
  Verdict verdict = Verdict::kOk;
  std::string what;
  std::string advice = {};
};

constexpr Millis kSkewWarnMs = 2'000;
constexpr Millis kSkewFailMs = 30'000;
constexpr double kSyncWarnSeconds = 0.05;
constexpr double kOldSeconds = 300;
constexpr double kUndecidedSeconds = 120;
/// Between two looks: longer than figures are kept before they are read anew.
constexpr Millis kSecondLookMs = 1'500;
constexpr double kMiB = 1024.0 * 1024.0;

const char* word_of(Verdict verdict) {
  constexpr const char* kWords[] = {"ok", "warn", "fail", "skip"};
  return kWords[static_cast<std::size_t>(verdict)];
}

std::string seconds_text(double seconds) {
  return duration_text(static_cast<Millis>(std::llround(seconds * 1000)));
}

std::string text_of(double number) {
  return std::to_string(std::llround(number));
}

/// What could not be seen is not ok: that would be a guess.
Finding cannot_tell(const std::string& check, const std::string& why) {
  return {check, Verdict::kFail, "cannot tell: " + why,
          "see that nothing between here and trothd hides its answers; else its version and this trothctl's differ"};
}

/// The finding that a metric is missing, if one is.
std::optional<Finding> missing(const Survey& survey, const std::string& check,
                               std::initializer_list<const char*> metrics) {
  if (!survey.no_metrics.empty()) return cannot_tell(check, survey.no_metrics);
  for (const char* metric : metrics) {
    if (!survey.metrics.sum(metric)) return cannot_tell(check, std::string("there is no ") + metric);
  }
  return std::nullopt;
}

Finding check_ready(const Survey& survey) {
  if (survey.is_ready()) return {"ready", Verdict::kOk, "it takes new transactions"};
  return {"ready", Verdict::kFail, survey.why_not_ready(), "do what it says there; it stays reachable meanwhile"};
}

Finding check_version(const Survey& survey) {
  if (const auto blind = missing(survey, "version", {"troth_build_info"})) return *blind;
  if (survey.version == TROTH_VERSION) return {"version", Verdict::kOk, survey.version + ", as this trothctl"};
  return {"version", Verdict::kWarn, "it is " + survey.version + ", this trothctl is " TROTH_VERSION,
          "install the trothctl of the coordinator's version"};
}

/// Of the Date of its answer, which has seconds only: the middle of the second it names is compared.
Finding check_clock(const Survey& survey) {
  const std::string date = survey.ready.header("date");
  std::tm parts{};
  if (date.empty() || strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) == nullptr) {
    return {"clock", Verdict::kSkip, "it does not say what time it has"};
  }
  const Millis skew = static_cast<Millis>(timegm(&parts)) * 1000 + 500 - survey.asked_at;
  const Millis off = std::abs(skew);
  if (off < kSkewWarnMs) return {"clock", Verdict::kOk, "as here, as far as a second shows"};
  return {"clock", off < kSkewFailMs ? Verdict::kWarn : Verdict::kFail,
          "it is " + duration_text(off) + (skew > 0 ? " ahead of" : " behind") + " the clock here",
          "mend NTP; nothing is lost, but times in lists and alerts are off by that"};
}

Finding check_disk(const Survey& survey) {
  if (const auto blind = missing(survey, "disk", {"troth_log_free_bytes", "troth_log_bytes", "troth_log_reserve_ok"})) {
    return *blind;
  }
  const double free_bytes = survey.number("troth_log_free_bytes");
  const std::string left = text_of(free_bytes / kMiB) + " MiB free, the log has " +
                           text_of(survey.number("troth_log_bytes") / kMiB) + " MiB";
  if (survey.number("troth_log_reserve_ok") == 0) {
    return {"disk", Verdict::kFail, left + "; the reserve is used up", "make space on the disk of the log now"};
  }
  const bool is_low = free_bytes < 1024 * kMiB;
  return {"disk", is_low ? Verdict::kWarn : Verdict::kOk, left, is_low ? "make space before it is needed" : ""};
}

Finding check_in_doubt(const Survey& survey, const std::string& program) {
  if (const auto blind = missing(survey, "in doubt", {"troth_branches_in_doubt", "troth_oldest_in_doubt_seconds"})) {
    return *blind;
  }
  const double count = survey.number("troth_branches_in_doubt");
  if (count == 0) return {"in doubt", Verdict::kOk, "no branch"};
  const double age = survey.number("troth_oldest_in_doubt_seconds");
  const std::string what = (count == 1 ? "1 branch" : text_of(count) + " branches") +
                           (age > 0 ? ", the oldest for " + seconds_text(age) : "");
  return {"in doubt", age > kOldSeconds ? Verdict::kFail : Verdict::kWarn, what, program + " tx list --state in_doubt"};
}

Finding check_undecided(const Survey& survey, const std::string& program) {
  if (const auto blind = missing(survey, "undecided", {"troth_oldest_undecided_seconds"})) return *blind;
  const double age = survey.number("troth_oldest_undecided_seconds");
  if (age == 0) return {"undecided", Verdict::kOk, "nothing waits for votes"};
  const std::string what = "the oldest waits for votes since " + seconds_text(age);
  if (age <= kUndecidedSeconds) return {"undecided", Verdict::kOk, what};
  return {"undecided", age > kOldSeconds ? Verdict::kFail : Verdict::kWarn, what,
          program + " tx list --state preparing; its deadline aborts it, or tx abort ID"};
}

Finding check_undelivered(const Survey& survey, const std::string& program) {
  if (const auto blind = missing(survey, "undelivered", {"troth_oldest_unacknowledged_seconds"})) return *blind;
  const double age = survey.number("troth_oldest_unacknowledged_seconds");
  if (age == 0) return {"undelivered", Verdict::kOk, "every decision is acknowledged"};
  return {"undelivered", age > kOldSeconds ? Verdict::kFail : Verdict::kWarn,
          "the oldest decision is not acknowledged since " + seconds_text(age), program + " tx list --state in_doubt"};
}

Finding check_hazards(const Survey& survey, const std::string& program) {
  if (const auto blind = missing(survey, "heuristics", {"troth_heuristics_unresolved"})) return *blind;
  std::int64_t hazards = 0;
  for (const auto& value : survey.participants) hazards += number_at(as_object(value), "hazards");
  const auto unresolved = std::llround(survey.number("troth_heuristics_unresolved"));
  const auto count = std::max<std::int64_t>(hazards, unresolved);
  if (count == 0) return {"heuristics", Verdict::kOk, "none"};
  return {"heuristics", Verdict::kFail,
          std::to_string(count) + " branches ended, or may have ended, otherwise than decided",
          program + " tx list --state attention; put each right, then tx resolve ID.N --forget"};
}

Finding check_participants(const Survey& survey, const std::string& program) {
  if (!survey.no_participants.empty()) return cannot_tell("participants", survey.no_participants);
  std::string gone;
  std::size_t connected = 0;
  for (const auto& value : survey.participants) {
    const Object& participant = as_object(value);
    const std::string state = text_at(participant, "state");
    connected += state == "connected" ? 1 : 0;
    if (state == "disconnected" && number_at(participant, "liveBranches") > 0) {
      gone += (gone.empty() ? "" : ", ") + text_at(participant, "name");
    }
  }
  if (!gone.empty()) {
    return {"participants", Verdict::kFail, "not connected, with work that waits: " + gone,
            "start them; " + program + " participants show NAME"};
  }
  return {"participants", Verdict::kOk,
          std::to_string(connected) + " of " + std::to_string(survey.participants.size()) +
              " connected, nothing waits for the others"};
}

Finding check_told_unknown(const Survey& survey, const std::string& program) {
  if (const auto blind = missing(survey, "told unknown", {"troth_unknown_answers_total"})) return *blind;
  const double count = survey.number("troth_unknown_answers_total");
  if (count == 0) return {"told unknown", Verdict::kOk, "nobody"};
  return {"told unknown", Verdict::kWarn,
          text_of(count) + " times since the start a participant asked for an id of which this log does not know",
          "the coordinator's log and the participant's name the id; " + program + " tx show ID says what can be done"};
}

/// Both checks below compare two looks: a counter says nothing of now, and nor does a quantile since the start.
Finding check_refused(const Survey& survey, const Scrape& later) {
  if (const auto blind = missing(survey, "refused", {"troth_refused_total"})) return *blind;
  const double before = survey.number("troth_refused_total");
  const double more = later.sum("troth_refused_total").value_or(before) - before;
  if (more <= 0) return {"refused", Verdict::kOk, "nothing now, " + text_of(before) + " since the start"};
  std::string reasons;
  for (const auto& sample : survey.metrics.all("troth_refused_total")) {
    const auto reason = sample.labels.find("reason");
    if (sample.value == 0 || reason == sample.labels.end()) continue;
    reasons += (reasons.empty() ? "" : ", ") + reason->second;
  }
  return {"refused", Verdict::kWarn, text_of(more) + " requests while this looked; since the start: " + reasons,
          "clients ask for more than the limits of trothd allow, or a participant does not keep up"};
}

bool is_behind(const Scrape& scrape) {
  return scrape.sum("troth_log_appended_lsn").value_or(0) > scrape.sum("troth_log_durable_lsn").value_or(0);
}

Finding check_sync(const Survey& survey, const Scrape& later) {
  if (const auto blind =
          missing(survey, "log sync",
                  {"troth_log_appended_lsn", "troth_log_durable_lsn", "troth_log_fsync_duration_seconds_bucket"})) {
    return *blind;
  }
  const auto stood = later.sum("troth_log_durable_lsn");
  if (is_behind(survey.metrics) && is_behind(later) && stood == survey.metrics.sum("troth_log_durable_lsn")) {
    return {"log sync", Verdict::kFail, "nothing becomes durable: the disk hangs at LSN " + text_of(*stood),
            "every commit waits for this: look at the disk of the log (dmesg, iostat -x)"};
  }
  const auto p99 = survey.metrics.quantile("troth_log_fsync_duration_seconds", 0.99);
  if (!p99) return {"log sync", Verdict::kSkip, "nothing was made durable yet"};
  const std::string what =
      std::isinf(*p99) ? "1 of 100 takes longer than the largest bucket" : "99 of 100 within " + seconds_text(*p99);
  const bool is_slow = *p99 > kSyncWarnSeconds;
  return {"log sync", is_slow ? Verdict::kWarn : Verdict::kOk, what + " since the start",
          is_slow ? "every commit waits for this: look at the disk (iostat -x), or move the log to a faster one" : ""};
}

Finding check_compaction(const Survey& survey) {
  if (const auto blind = missing(survey, "compaction", {"troth_log_records_after_set"})) return *blind;
  const auto records = survey.metrics.sum("troth_log_records_after_set");
  const std::string count = std::to_string(std::llround(*records));
  constexpr double kMany = 2'000'000;
  if (*records < kMany) return {"compaction", Verdict::kOk, count + " records to read at a start"};
  return {"compaction", Verdict::kWarn, count + " records to read at a start, which takes long",
          "look for log.compaction_failed in the coordinator's log"};
}

/// The metrics once more, a moment later, if what they said may be wrong only now.
Scrape look_later(const Survey& survey, Client& client) {
  if (!is_behind(survey.metrics) && survey.number("troth_refused_total") == 0) return survey.metrics;
  std::this_thread::sleep_for(std::chrono::milliseconds(kSecondLookMs));
  return scrape_again(client);
}

std::vector<Finding> examine(const Survey& survey, const Scrape& later, const std::string& program) {
  std::vector<Finding> findings = {{"reachable", Verdict::kOk, survey.ready.endpoint}};
  findings.push_back(check_ready(survey));
  findings.push_back(check_version(survey));
  findings.push_back(check_clock(survey));
  findings.push_back(check_disk(survey));
  findings.push_back(check_in_doubt(survey, program));
  findings.push_back(check_undecided(survey, program));
  findings.push_back(check_undelivered(survey, program));
  findings.push_back(check_hazards(survey, program));
  findings.push_back(check_participants(survey, program));
  findings.push_back(check_told_unknown(survey, program));
  findings.push_back(check_refused(survey, later));
  findings.push_back(check_sync(survey, later));
  findings.push_back(check_compaction(survey));
  return findings;
}

void print_findings(const Invocation& invocation, const std::vector<Finding>& findings) {
  constexpr Tone kTones[] = {Tone::kGood, Tone::kWarn, Tone::kBad, Tone::kDim};
  const Look& look = invocation.look;
  std::ostream& out = invocation.terminal.out;
  if (look.is_json()) {
    json::array all;
    for (const Finding& one : findings) {
      all.push_back(json::object{{"check", one.check},
                                 {"verdict", word_of(one.verdict)},
                                 {"what", one.what},
                                 {"advice", one.advice.empty() ? json::value(nullptr) : json::value(one.advice)}});
    }
    if (look.format == Format::kJson) out << json::serialize(json::object{{"checks", all}}) << "\n";
    if (look.format == Format::kJsonl) {
      for (const auto& one : all) out << json::serialize(one) << "\n";
    }
    return;
  }
  Table table({"CHECK", "VERDICT", "WHAT", "WHAT TO DO"});
  for (const Finding& one : findings) {
    table.add(
        {one.check, Cell(word_of(one.verdict), kTones[static_cast<std::size_t>(one.verdict)]), one.what, one.advice});
  }
  table.print(out, look);
}

}  // namespace

int run_doctor(Invocation& invocation) {
  Client client(invocation.endpoints);
  const Survey survey = take_survey(client);
  std::vector<Finding> findings;
  if (survey.is_reachable()) {
    findings = examine(survey, look_later(survey, client), invocation.program);
  } else {
    findings.push_back({"reachable", Verdict::kFail, what_of(survey.ready),
                        "is trothd running? systemctl status trothd; --endpoint names another"});
  }
  print_findings(invocation, findings);
  if (!survey.is_reachable()) return kExitUnreachable;
  bool failed = false;
  for (const Finding& one : findings) failed = failed || one.verdict == Verdict::kFail;
  return failed ? kExitRefused : kExitOk;
}

}  // namespace troth::ctl
