#include "bench/start.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "bench/open_log.h"
#include "coordinator/engine/engine.h"
#include "wal/sqlite.h"

namespace troth::bench {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

constexpr std::array<const char*, 3> kTables{"record", "restated", "kept"};

/// The file that CURRENT names.
std::string log_file(const std::string& dir) {
  std::string generation;
  std::ifstream(dir + "/CURRENT") >> generation;
  return dir + "/log." + generation + ".db";
}

/// Every column of every row is looked at.
void read_tables(const wal::Database& db, Figures& figures) {
  for (const char* const table : kTables) {
    wal::Statement select = db.prepare(std::string("SELECT * FROM ") + table + " NOT INDEXED");
    const int columns = std::string_view(table) == "restated" ? 4 : 5;
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
    for (; select.step(); ++rows) {
      bytes += static_cast<std::uint64_t>(select.integer(0) != 0) + static_cast<std::uint64_t>(select.integer(1) != 0);
      for (int column = 2; column < columns; ++column) bytes += select.blob(column).size();
    }
    figures["rows"] += static_cast<double>(rows);
    figures["bytes"] += static_cast<double>(bytes);
  }
}

void sync_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  ::close(file);
  if (!synced) throw std::runtime_error("cannot sync " + path);
}

}  // namespace

void sync_files(const std::string& dir) {
  for (const auto& entry : std::filesystem::directory_iterator(dir)) sync_file(entry.path());
  sync_file(dir);
}

void start(const std::string& dir) {
  const double memory_before = memory_of_process("VmHWM");
  const auto begun = Clock::now();
  OpenLog opened(dir);
  Figures figures = opened.seconds();
  const auto opened_at = Clock::now();
  const double memory_opened = memory_of_process("VmHWM");
  const EpochId epoch = opened.start_epoch();
  figures["epoch"] = seconds_since(opened_at);
  figures["committed"] = static_cast<double>(opened.known().commits.count());
  const auto epoch_at = Clock::now();
  const core::Now now{now_at(), now_at()};
  const engine::Engine engine(opened.log(), std::move(opened.known()), epoch, {}, now);
  figures["engine"] = seconds_since(epoch_at);
  figures["seconds"] = seconds_since(begun);
  figures["processor"] = processor_seconds();
  for (const auto count : engine.stats().live_by_phase) figures["live"] += static_cast<double>(count);
  figures["memory"] = memory_of_process("VmHWM") - memory_before;
  figures["memory_opened"] = memory_opened - memory_before;
  figures["memory_after"] = memory_of_process("VmRSS") - memory_before;
  print(figures);
  ::_exit(0);  // the log is not wanted any more: nothing of a stop is measured
}

Figures read_plainly(const std::string& dir) {
  Figures figures;
  const auto begun = Clock::now();
  const wal::Database db(log_file(dir));
  db.run("PRAGMA main.locking_mode=EXCLUSIVE");
  read_tables(db, figures);
  figures["seconds"] = seconds_since(begun);
  figures["processor"] = processor_seconds();
  return figures;
}

Figures rewrite_plainly(const std::string& dir) {
  Figures figures;
  const std::string copy = dir + "/plain.db";
  std::ofstream(copy).close();
  const auto begun = Clock::now();
  const wal::Database db(log_file(dir));
  db.run("PRAGMA main.locking_mode=EXCLUSIVE");
  db.run("ATTACH '" + copy + "' AS copy");
  db.run("PRAGMA copy.journal_mode=WAL");
  db.run("PRAGMA copy.synchronous=EXTRA");
  db.run("BEGIN");
  for (const std::string table : kTables) {
    const std::string columns = table == "restated" ? "(n INTEGER PRIMARY KEY, kind, body, chain)"
                                                    : "(lsn INTEGER PRIMARY KEY, kind, key, body, chain)";
    db.run("CREATE TABLE copy." + table + columns);
    db.run("INSERT INTO copy." + table + " SELECT * FROM main." + table);
  }
  db.run("COMMIT");
  db.run("PRAGMA copy.wal_checkpoint(TRUNCATE)");
  sync_file(copy);
  const wal::Database fresh(copy);
  read_tables(fresh, figures);
  figures["seconds"] = seconds_since(begun);
  figures["processor"] = processor_seconds();
  return figures;
}

}  // namespace troth::bench
