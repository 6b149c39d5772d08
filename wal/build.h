// wal/build.h: makes the files of one generation.
#pragma once

#include <functional>

#include "wal/files.h"
#include "wal/sets.h"

namespace troth::wal {

/// Fills `log.<g>.db` (there, and empty) with schema, meta, and the set and the kept records that `fill` adds; the set
/// speaks for everything up to the base, after which there is no record yet. Makes `head.<g>` there, and syncs both and
/// the directory. CURRENT is the caller's.
void build_generation(const Directory& directory, Meta meta, const std::function<void(SetWriter&, KeptWriter&)>& fill);

}  // namespace troth::wal
