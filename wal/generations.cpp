#include "wal/generations.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <optional>

#include "wal/sqlite_log.h"

namespace troth::wal {
namespace {

/// A generation's number: decimal, from 1, without leading zeros.
std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size() || value == 0 || text.front() == '0') {
    return std::nullopt;
  }
  return value;
}

/// The generation a file belongs to, by its name.
std::optional<std::uint64_t> generation_of(std::string_view name) {
  if (name.starts_with("head.")) return parse_number(name.substr(5));
  if (!name.starts_with("log.")) return std::nullopt;
  name.remove_prefix(4);
  for (const std::string_view end : {".db", ".db-wal", ".db-shm", ".db-journal"}) {
    if (name.ends_with(end)) return parse_number(name.substr(0, name.size() - end.size()));
  }
  return std::nullopt;
}

const std::string kCurrentAside = std::string(kCurrent) + ".tmp";
const std::string kRunningAside = std::string(kRunning) + ".tmp";
const std::string kBackupWal = std::string(kBackup) + "-wal";

/// What was cut off while it was made.
bool is_aside(const std::string& name) {
  return name == kCurrentAside || name == kRunningAside || name == kBackup || name == kBackupWal;
}

}  // namespace

std::string log_name(std::uint64_t generation) {
  return "log." + std::to_string(generation) + ".db";
}
std::string wal_name(std::uint64_t generation) {
  return log_name(generation) + "-wal";
}
std::string head_name(std::uint64_t generation) {
  return "head." + std::to_string(generation);
}

Listing look(const Directory& directory) {
  Listing found;
  for (const std::string& name : directory.names()) {
    const auto generation = generation_of(name);
    if (generation) found.generations.insert(*generation);
    found.current |= name == kCurrent;
    found.running |= name == kRunning;
    found.old_copy |= name == kOldCopy;
    found.ballast |= name == kBallast;
    const bool single = name == kCurrent || name == kRunning || name == kOldCopy || name == kBallast;
    if (generation || single || is_aside(name)) found.ours.insert(name);
  }
  return found;
}

std::uint64_t read_current(const Directory& directory) {
  const std::string content = directory.read(kCurrent);
  if (content.ends_with('\n')) {
    if (const auto generation = parse_number(std::string_view(content).substr(0, content.size() - 1))) {
      return *generation;
    }
  }
  throw OpenError{kExitDamaged,
                  directory.path_of(kCurrent) +
                      ": it does not name a generation of the log; nothing was changed. Run `trothctl log "
                      "verify` to see which generations are sound and `trothctl log salvage` to keep one"};
}

void write_current(const Directory& directory, std::uint64_t generation) {
  directory.replace(kCurrent, std::to_string(generation) + "\n");
}

void begin_running(const Directory& directory) {
  directory.replace(kRunning, std::to_string(::getpid()) + "\n");
}

void end_running(const Directory& directory) {
  directory.remove(kRunning);
  directory.sync();
}

void delete_files(const Directory& directory, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (name.ends_with("-wal")) directory.remove(name);
  }
  directory.sync();
  for (const std::string& name : names) {
    if (!name.ends_with("-wal")) directory.remove(name);
  }
  directory.sync();
}

void delete_others(const Directory& directory, const std::set<std::uint64_t>& kept) {
  std::vector<std::string> leftovers;
  for (const std::string& name : look(directory).ours) {
    const auto generation = generation_of(name);
    const bool leftover = generation ? !kept.contains(*generation) : is_aside(name);
    if (leftover) leftovers.push_back(name);
  }
  delete_files(directory, leftovers);
}

}  // namespace troth::wal
