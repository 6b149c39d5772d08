// `status`: how the coordinator is, on one screen.
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <ostream>

#include "coordinator/ctl/problem.h"
#include "coordinator/ctl/survey.h"

namespace troth::ctl {
namespace {

namespace json = boost::json;

struct Numbers {
  std::map<std::string, std::int64_t> live_by_phase;
  std::int64_t in_doubt = 0;
  Millis oldest_in_doubt_ms = 0;
  Millis oldest_undelivered_ms = 0;
  Millis oldest_undecided_ms = 0;
  std::int64_t heuristics = 0;
  std::int64_t connected = 0;
  std::vector<std::string> gone;  // disconnected with live branches

  bool needs_a_look() const { return in_doubt > 0 || heuristics > 0 || oldest_undelivered_ms > 0 || !gone.empty(); }
};

Millis millis_of(double seconds) {
  return static_cast<Millis>(std::llround(seconds * 1000));
}

/// Of branches and participants the list of participants is newer than the metrics, which are some moments old.
Numbers numbers_of(const Survey& survey) {
  Numbers numbers;
  for (const auto& sample : survey.metrics.all("troth_transactions_in_flight")) {
    const auto phase = sample.labels.find("phase");
    if (phase != sample.labels.end()) numbers.live_by_phase[phase->second] = std::llround(sample.value);
  }
  numbers.oldest_undelivered_ms = millis_of(survey.number("troth_oldest_unacknowledged_seconds"));
  numbers.oldest_undecided_ms = millis_of(survey.number("troth_oldest_undecided_seconds"));
  std::int64_t hazards = 0;
  for (const auto& value : survey.participants) {
    const Object& participant = as_object(value);
    const std::string state = text_at(participant, "state");
    if (state == "connected") ++numbers.connected;
    if (state == "disconnected" && number_at(participant, "liveBranches") > 0) {
      numbers.gone.push_back(text_at(participant, "name"));
    }
    numbers.in_doubt += number_at(participant, "inDoubtBranches");
    hazards += number_at(participant, "hazards");
    const std::int64_t oldest = number_at(participant, "oldestInDoubtMs");
    numbers.oldest_in_doubt_ms = std::max<Millis>(numbers.oldest_in_doubt_ms, oldest);
  }
  numbers.heuristics = std::max<std::int64_t>(hazards, std::llround(survey.number("troth_heuristics_unresolved")));
  return numbers;
}

std::string list_of(const std::vector<std::string>& words) {
  std::string list;
  for (const auto& word : words) list += (list.empty() ? "" : ", ") + word;
  return list;
}

std::string live_text(const Numbers& numbers) {
  std::string text;
  std::int64_t total = 0;
  for (const char* phase : {"active", "preparing", "committing", "aborting"}) {
    const auto found = numbers.live_by_phase.find(phase);
    const std::int64_t count = found == numbers.live_by_phase.end() ? 0 : found->second;
    total += count;
    if (count > 0) text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + phase;
  }
  return total == 0 ? "0" : std::to_string(total) + " (" + text + ")";
}

std::string with_age(std::int64_t count, Millis oldest) {
  return (count == 1 ? "1 branch" : std::to_string(count) + " branches") +
         (count > 0 && oldest > 0 ? ", the oldest for " + duration_text(oldest) : "");
}

/// What did not come is not nothing.
Cell seen(const std::string& why_not, const Cell& cell) {
  return why_not.empty() ? cell : Cell("cannot tell: " + why_not, Tone::kBad);
}

void print_table(const Invocation& invocation, const Survey& survey, const Numbers& numbers) {
  const std::string why = survey.why_not_ready();
  const auto of_metrics = [&](const Cell& cell) { return seen(survey.no_metrics, cell); };
  const auto of_participants = [&](const Cell& cell) { return seen(survey.no_participants, cell); };
  Facts facts;
  facts.add("endpoint", survey.ready.endpoint);
  facts.add("ready", why.empty() ? Cell("yes", Tone::kGood) : Cell("no: " + why, Tone::kBad));
  facts.add("version", of_metrics(survey.version));
  facts.add("log", survey.log_id);
  facts.add("epoch", survey.epoch);
  facts.add("live", of_metrics(live_text(numbers)));
  facts.add("in doubt", of_participants(Cell(with_age(numbers.in_doubt, numbers.oldest_in_doubt_ms),
                                             numbers.in_doubt > 0 ? Tone::kWarn : Tone::kPlain)));
  facts.add("undecided",
            numbers.oldest_undecided_ms == 0 ? "" : "the oldest since " + duration_text(numbers.oldest_undecided_ms));
  facts.add("undelivered",
            numbers.oldest_undelivered_ms == 0
                ? ""
                : Cell("the oldest decision since " + duration_text(numbers.oldest_undelivered_ms), Tone::kWarn));
  facts.add("heuristics",
            Cell(numbers.heuristics == 0 ? "" : std::to_string(numbers.heuristics) + " to be put right", Tone::kBad));
  facts.add("participants", of_participants(std::to_string(numbers.connected) + " of " +
                                            std::to_string(survey.participants.size()) + " connected"));
  facts.add("missing", Cell(list_of(numbers.gone) + (numbers.gone.empty() ? "" : ": not connected, with live branches"),
                            Tone::kBad));
  facts.print(invocation.terminal.out, invocation.look);
  if (numbers.needs_a_look()) {
    invocation.terminal.err << "hint: " << invocation.program << " tx list --state "
                            << (numbers.heuristics > 0 || numbers.in_doubt == 0 ? "attention" : "in_doubt") << "\n";
  } else if (!survey.is_ready() || !survey.is_whole()) {
    invocation.terminal.err << "hint: " << invocation.program << " doctor\n";
  }
}

void print_json(const Survey& survey, const Numbers& numbers, std::ostream& out) {
  json::object live;
  for (const auto& [phase, count] : numbers.live_by_phase) live[phase] = count;
  const std::string why = survey.why_not_ready();
  json::object all{{"endpoint", survey.ready.endpoint},
                   {"ready", why.empty()},
                   {"why", why.empty() ? json::value(nullptr) : json::value(why)},
                   {"version", survey.version},
                   {"logId", survey.log_id},
                   {"epoch", std::atoll(survey.epoch.c_str())},
                   {"live", live},
                   {"inDoubtBranches", numbers.in_doubt},
                   {"oldestInDoubtMs", numbers.oldest_in_doubt_ms},
                   {"oldestUndecidedMs", numbers.oldest_undecided_ms},
                   {"oldestUndeliveredMs", numbers.oldest_undelivered_ms},
                   {"heuristics", numbers.heuristics},
                   {"participants", survey.participants.size()},
                   {"connected", numbers.connected},
                   {"missing", json::array(numbers.gone.begin(), numbers.gone.end())}};
  if (!survey.no_metrics.empty()) {
    for (const char* name : {"version", "live", "oldestUndecidedMs", "oldestUndeliveredMs"}) all[name] = nullptr;
  }
  if (!survey.no_participants.empty()) {
    for (const char* name : {"inDoubtBranches", "oldestInDoubtMs", "participants", "connected", "missing"}) {
      all[name] = nullptr;
    }
  }
  if (!survey.is_whole()) all["heuristics"] = nullptr;
  out << json::serialize(all) << "\n";
}

}  // namespace

int run_status(Invocation& invocation) {
  Client client(invocation.endpoints);
  const Survey survey = take_survey(client);
  if (!survey.is_reachable()) return fail(invocation, survey.ready);
  const Numbers numbers = numbers_of(survey);
  if (invocation.look.is_json()) {
    print_json(survey, numbers, invocation.terminal.out);
  } else if (invocation.look.format == Format::kName) {
    invocation.terminal.out << survey.log_id << "\n";
  } else {
    print_table(invocation, survey, numbers);
  }
  return survey.is_ready() && survey.is_whole() ? kExitOk : kExitUnreachable;
}

}  // namespace troth::ctl
