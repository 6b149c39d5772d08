#include "coordinator/ctl/words.h"

#include <algorithm>
#include <array>
#include <set>

namespace troth::ctl {

bool is_unsettled(const Object& branch) {
  constexpr std::array<std::string_view, 5> kUnsettled = {"active", "preparing", "prepared", "committing", "aborting"};
  const std::string state = text_at(branch, "state");
  return std::find(kUnsettled.begin(), kUnsettled.end(), state) != kUnsettled.end();
}

std::string waiting_on(const Object& transaction) {
  const bool votes = text_at(transaction, "phase") == "preparing";
  std::set<std::string> names;
  for (const auto& value : array_at(transaction, "branches")) {
    const Object& branch = as_object(value);
    const bool has_voted = votes && text_at(branch, "state") == "prepared";
    if (!is_unsettled(branch) || has_voted) continue;
    names.insert(text_at(branch, "participant") + (is_true(branch, "connected") ? "" : " (disconnected)"));
  }
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

std::string state_in_words(const Object& transaction) {
  const std::string phase = text_at(transaction, "phase");
  const std::string waiting = waiting_on(transaction);
  const std::string missing = waiting.empty() ? "" : ", waiting for " + waiting;
  if (phase == "active") return "begun, neither commit nor abort was asked for";
  if (phase == "preparing") return "undecided: votes are collected" + missing;
  if (phase == "committing") return "decided to commit, not acknowledged by all" + missing;
  if (phase == "aborting") return "decided to abort, not acknowledged by all" + missing;
  if (phase != "finished") return phase;
  const std::string outcome = text_at(transaction, "outcome");
  return (outcome.empty() ? "over" : outcome) + ", over" +
         (text_at(transaction, "heuristic").empty() ? "" : ", but not everywhere as decided");
}

std::string attention_in_words(const Object& transaction) {
  const std::string attention = text_at(transaction, "attention");
  if (attention == "undecided") {
    return "undecided: a vote is missing and may not come by itself; who has voted holds locks meanwhile";
  }
  if (attention == "undelivered") {
    return "undelivered: it is decided, which cannot change any more; who has not acknowledged it is told again when "
           "it "
           "connects, or by tx retry";
  }
  if (attention == "heuristic") {
    return "heuristic: a branch did not end, or may not have ended, as decided; somebody must put it right";
  }
  return attention;
}

Tone tone_of_attention(const std::string& attention) {
  if (attention.empty()) return Tone::kPlain;
  return attention == "heuristic" ? Tone::kBad : Tone::kWarn;
}

Tone tone_of_outcome(const std::string& outcome) {
  if (outcome == "committed") return Tone::kGood;
  return outcome == "aborted" ? Tone::kWarn : Tone::kPlain;
}

Table transaction_table(const Look& look) {
  std::vector<std::string> heading = {"ID", "PHASE", "OUTCOME", "ATTENTION", "BEGUN", "WAITING FOR", "LABEL"};
  if (look.is_wide()) {
    for (const char* more : {"HEURISTIC", "ABORT REASON", "BRANCHES", "LSN", "REVISION", "DEADLINE", "DECIDED"}) {
      heading.emplace_back(more);
    }
  }
  return Table(std::move(heading));
}

void add_transaction(Table& table, const Look& look, const Object& transaction) {
  const std::string attention = text_at(transaction, "attention");
  const std::string outcome = text_at(transaction, "outcome");
  std::vector<Cell> row = {text_at(transaction, "id"),
                           text_at(transaction, "phase"),
                           Cell(outcome, tone_of_outcome(outcome)),
                           Cell(attention, tone_of_attention(attention)),
                           time_text(look, text_at(transaction, "begunAt")),
                           waiting_on(transaction),
                           text_at(transaction, "label")};
  if (look.is_wide()) {
    const std::string heuristic = text_at(transaction, "heuristic");
    row.emplace_back(heuristic, heuristic.empty() ? Tone::kPlain : Tone::kBad);
    row.emplace_back(text_at(transaction, "abortReason"));
    row.emplace_back(std::to_string(array_at(transaction, "branches").size()));
    row.emplace_back(text_at(transaction, "lsn"));
    row.emplace_back(text_at(transaction, "revision"));
    row.emplace_back(time_text(look, text_at(transaction, "deadlineAt")));
    row.emplace_back(time_text(look, text_at(transaction, "decidedAt")));
  }
  table.add(std::move(row));
}

void print_transaction(Invocation& invocation, const std::string& body, const Object& transaction) {
  std::ostream& out = invocation.terminal.out;
  if (invocation.look.is_json()) {
    out << body << "\n";
  } else if (invocation.look.format == Format::kName) {
    out << printable(text_at(transaction, "id")) << "\n";
  } else {
    Table table = transaction_table(invocation.look);
    add_transaction(table, invocation.look, transaction);
    table.print(out, invocation.look);
  }
}

void print_dry_run(std::ostream& out, const Look& look, const Object& run) {
  for (const auto& [name, tone] : {std::pair("wouldChange", Tone::kPlain), std::pair("warnings", Tone::kBad)}) {
    for (const auto& line : array_at(run, name)) {
      const std::string text = line.is_string() ? std::string(line.get_string()) : "";
      const char* start = tone == Tone::kBad ? "warning: " : "would change: ";
      out << painted(look, tone, start + printable(text)) << "\n";
    }
  }
}

}  // namespace troth::ctl
