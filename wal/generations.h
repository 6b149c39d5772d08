// wal/generations.h: which files lie in the data directory and what they say together: the generation in use, whether
// it was closed in order, and what an interrupted start or rebuild left behind.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "wal/files.h"

namespace troth::wal {

inline constexpr const char* kCurrent = "CURRENT";    // "<g>\n": the generation in use
inline constexpr const char* kRunning = "RUNNING";    // there while a process may append
inline constexpr const char* kOldCopy = "OLD-COPY";   // a participant knew more than this log does
inline constexpr const char* kBallast = "ballast";    // space set aside
inline constexpr const char* kBackup = "backup.tmp";  // a backup while it is made; a left one is deleted

std::string log_name(std::uint64_t generation);   // log.<g>.db
std::string wal_name(std::uint64_t generation);   // log.<g>.db-wal
std::string head_name(std::uint64_t generation);  // head.<g>

/// What a listing shows.
struct Listing {
  std::set<std::string> ours;           // every file of the log, by name
  std::set<std::uint64_t> generations;  // every g that any file carries
  bool current = false;
  bool running = false;
  bool old_copy = false;
  bool ballast = false;
  /// A number that no file carries: a name is never used twice.
  std::uint64_t unused() const { return generations.empty() ? 1 : *generations.rbegin() + 1; }
};
Listing look(const Directory& directory);

/// Throws OpenError (73) when CURRENT does not hold exactly one number.
std::uint64_t read_current(const Directory& directory);
void write_current(const Directory& directory, std::uint64_t generation);

/// Durable when it returns: from here on the next start rebuilds, unless `end_running` came first.
void begin_running(const Directory& directory);
void end_running(const Directory& directory);

/// Deletes `names`, a -wal durably before its database: alone it would look like the rest of a log that somebody lost.
/// Durable when it returns.
void delete_files(const Directory& directory, const std::vector<std::string>& names);

/// Deletes every file of every generation that is not in `kept`, and what an interrupted `replace` left. Durable when
/// it returns.
void delete_others(const Directory& directory, const std::set<std::uint64_t>& kept);

}  // namespace troth::wal
