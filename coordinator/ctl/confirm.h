// coordinator/ctl/confirm.h: whether what cannot be taken back is wanted.
#pragma once

#include <string>
#include <string_view>

#include "coordinator/ctl/terminal.h"

namespace troth::ctl {

/// True when it was said with --yes, or the person at the terminal says y. Nobody there to ask: false, and it says what
/// to do.
bool is_wanted(const Terminal& terminal, bool yes, std::string_view question);
/// The same for what is worse: they must type `word`.
bool is_wanted_by_name(const Terminal& terminal, bool yes, std::string_view question, std::string_view word);
/// False when --yes is not given and nobody could be asked, so that nothing needs to be begun; it says so.
bool can_be_asked(const Terminal& terminal, bool yes);

/// Who does it: user@host, the user behind sudo before root.
std::string actor_of(const Environment& environment);

}  // namespace troth::ctl
