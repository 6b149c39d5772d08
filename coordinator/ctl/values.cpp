#include "coordinator/ctl/values.h"

#include <algorithm>
#include <array>
#include <sstream>

namespace troth::ctl {

Millis read_duration(const std::string& option, const std::string& text) {
  struct Unit {
    std::string_view name;
    Millis ms;
  };
  constexpr std::array kUnits = {Unit{"ms", 1}, Unit{"s", 1'000}, Unit{"m", 60'000}, Unit{"h", 3'600'000},
                                 Unit{"d", 86'400'000}};
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  for (const Unit& unit : kUnits) {
    if (digits == 0 || text.substr(digits) != unit.name) continue;
    return read_number<Millis>(option, text.substr(0, digits), 0, 1'000'000'000'000 / unit.ms) * unit.ms;
  }
  throw UsageError{option + " " + text + ": give a duration, for example 250ms, 30s, 5m, 2h or 1d"};
}

TransactionId read_transaction(const std::string& text) {
  if (const auto id = parse_transaction_id(text)) return *id;
  throw UsageError{text + ": this is no transaction's id; one looks like 07q2m9xw4e3ta-0-3-1fk2mzq-118204"};
}

std::string read_participant(const std::string& text) {
  if (is_participant_name(text)) return text;
  throw UsageError{text + ": this is no participant's name; one has 1 to 63 of a-z, 0-9, `.`, `_`, `-`"};
}

Target read_target(const std::string& text) {
  if (const auto branch = parse_branch_id(text)) return {branch->transaction, branch->n};
  if (const auto id = parse_transaction_id(text)) return {*id, std::nullopt};
  throw UsageError{text +
                   ": this is no id; a transaction's looks like 07q2m9xw4e3ta-0-3-1fk2mzq-118204, that of its "
                   "branch 2 ends in .2"};
}

std::string read_reason(const Typed& typed) {
  std::string reason = typed.text("--reason");
  if (!reason.empty() && reason != "…" && reason != "TEXT") return reason;
  throw UsageError{"--reason: say why, in words that help whoever reads the log next year"};
}

std::optional<std::uint64_t> read_revision(const Typed& typed) {
  if (!typed.has("--expect-revision")) return std::nullopt;
  return read_number<std::uint64_t>("--expect-revision", typed.text("--expect-revision"), 0, ~std::uint64_t{0});
}

std::string read_choice(const std::string& option, const std::string& text, const std::string& choices) {
  std::string list;
  for (const auto& choice : choices_of(choices)) {
    if (choice == text) return text;
    list += (list.empty() ? "" : ", ") + choice;
  }
  throw UsageError{option + " " + text + ": give one of " + list};
}

std::vector<std::string> choices_of(const std::string& choices, char bar) {
  std::vector<std::string> words;
  std::istringstream all(choices);
  for (std::string one; std::getline(all, one, bar);) {
    if (!one.empty()) words.push_back(one);
  }
  return words;
}

}  // namespace troth::ctl
