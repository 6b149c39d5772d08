// coordinator/ctl/values.h: words of the line to values. What is wrong is thrown as UsageError in words that name the
// option and say what it takes.
#pragma once

#include <charconv>
#include <optional>
#include <string>

#include "coordinator/ctl/verb.h"
#include "proto/values/ids.h"

namespace troth::ctl {

template <class Number>
Number read_number(const std::string& option, const std::string& text, Number least, Number most) {
  Number value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && stop == end && value >= least && value <= most) return value;
  throw UsageError{option + " " + text + ": give a whole number from " + std::to_string(least) + " to " +
                   std::to_string(most)};
}

/// "250ms", "30s", "5m", "2h", "1d".
Millis read_duration(const std::string& option, const std::string& text);

TransactionId read_transaction(const std::string& text);
std::string read_participant(const std::string& text);

/// `ID` or `ID.N`.
struct Target {
  TransactionId id;
  std::optional<std::uint32_t> branch;
};
Target read_target(const std::string& text);

/// The reason: what every act of an operator has to say for itself.
std::string read_reason(const Typed& typed);

/// A header's If-Match of --expect-revision; empty when it was not given.
std::optional<std::uint64_t> read_revision(const Typed& typed);

/// The alternative among `a|b|c`.
std::string read_choice(const std::string& option, const std::string& text, const std::string& choices);

/// The words between the bars.
std::vector<std::string> choices_of(const std::string& choices, char bar = '|');

}  // namespace troth::ctl
