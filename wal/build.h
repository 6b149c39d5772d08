// wal/build.h: makes the files of one generation.
#pragma once

#include <span>

#include "wal/files.h"
#include "wal/log.h"
#include "wal/schema.h"

namespace troth::wal {

/// Fills `log.<g>.db` (there, and empty) with schema, meta and `records` after the base, makes `head.<g>` at its end,
/// and syncs both and the directory. CURRENT is the caller's.
void build_generation(const Directory& directory, const Meta& meta, std::span<const Record> records);

}  // namespace troth::wal
