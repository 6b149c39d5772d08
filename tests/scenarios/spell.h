// tests/scenarios/spell.h: records, messages and answers as the one line a trace has for each: what they decide or ask,
// no times, no raw ids.
#pragma once

#include <string>

#include "proto/values/answers.h"
#include "proto/values/facts.h"
#include "proto/values/messages.h"
#include "tests/scenarios/names.h"

namespace troth::scenarios {

std::string spell(Names& names, const Fact& fact);
std::string spell(Names& names, const session::Message& message);
/// `with_branches`: one word and more for each branch, as a look at the transaction shows it.
std::string spell(Names& names, const answer::Answer& answer, bool with_branches);

}  // namespace troth::scenarios
