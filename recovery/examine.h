// recovery/examine.h: what is proven of a data directory or a backup, and what is damaged (`trothctl log verify`, `log
// export`). Changes nothing. A directory that a process uses is refused: its files change while they are read.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "proto/values/facts.h"
#include "wal/inspect.h"

namespace troth::recovery {

/// One database file and what its proven part holds.
struct ExaminedFile {
  wal::Inspection found;
  EpochId first_epoch;
  EpochId last_epoch;
  std::uint64_t records = 0;  // proven ones that count, without the set
};

struct Examined {
  std::string path;
  bool is_backup = false;
  std::optional<std::uint64_t> current;  // the generation that CURRENT names
  bool running = false;                  // not closed in order: the next start rebuilds
  bool old_copy = false;
  std::vector<std::string> damage;  // of the directory, beside that of its files
  std::vector<ExaminedFile>
      files;  // of a directory every generation: the one that CURRENT names first, then the newest

  /// A start would open it, or a restore this backup; leftovers beside the current generation do not count.
  bool is_sound() const;
};

/// Throws OpenError when nothing can be said: the path leads nowhere, the directory is in use or holds no log.
Examined examine(const std::string& path);

/// The file that counts of `examined`: the current generation, else the newest; null when there is none.
const ExaminedFile* file_that_counts(const Examined& examined);

/// Hands each proven record of `file` to `visit`, the set first.
void for_each_record(const Examined& examined, const ExaminedFile& file,
                     const std::function<void(const wal::ProvenRow&, const Fact&)>& visit);

/// Why a record cannot be understood; `fact` is none then.
std::string why_not_understood(const wal::Stored& record);

}  // namespace troth::recovery
