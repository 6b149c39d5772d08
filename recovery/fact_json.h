// recovery/fact_json.h: facts as JSON for `trothctl log export`: the names and words of api.md, stable for scripts.
#pragma once

#include <string>
#include <string_view>

#include "proto/values/facts.h"

namespace troth::recovery {

/// "commit_decided", "epoch_started", …
std::string_view kind_word(const Fact& fact);

/// One object, on one line. Every field is there; a text that is empty is null, except a `key`, and so is a time that
/// is not known. Bytes are hexadecimal. A callback's signing secret is not shown.
std::string to_json(const Fact& fact);

}  // namespace troth::recovery
