// wal/damage.h: how a proof that fails is said. Private to wal.
#pragma once

#include <string>

#include "wal/sqlite.h"

namespace troth::wal {

/// Throws OpenError (73): what is wrong with the file, and what to run.
[[noreturn]] void damaged(const Database& db, const std::string& what);

/// `reason` is what a Replayer said of the row `name`: throws OpenError unless it is empty (74 when it begins with
/// "newer format", else 73).
void must_understand(const Database& db, const std::string& name, const std::string& reason);

}  // namespace troth::wal
