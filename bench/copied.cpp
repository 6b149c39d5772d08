// Plain SQLite under the same load: the log's settings and rows without the log.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "bench/commits.h"
#include "bench/open_log.h"
#include "bench/pace.h"
#include "bench/workload.h"
#include "recovery/rebuild.h"
#include "wal/sqlite.h"

namespace troth::bench {
namespace {

constexpr int kCheckpointPages = 1'024;  // as wal::OpenOptions

/// An empty database with one table of the log's.
std::string make_file(const std::string& dir, const std::string& name) {
  std::filesystem::create_directories(dir);
  std::ofstream(dir + "/" + name).close();
  return dir + "/" + name;
}

void set_up(const wal::Database& db) {
  for (const char* const pragma : {"journal_mode=WAL", "synchronous=EXTRA", "wal_autocheckpoint=0"}) {
    db.run(std::string("PRAGMA ") + pragma);
  }
  db.count_wal_pages();
}

constexpr const char* kTable =
    "record(lsn INTEGER PRIMARY KEY, kind INTEGER NOT NULL, key BLOB, body BLOB NOT NULL, chain BLOB NOT NULL) STRICT";

class PlainTable {
 public:
  PlainTable(const std::string& dir, const Load& load, std::uint64_t records)
      : load_(load),
        records_(records),
        copy_(make_file(dir, "copy.db")),
        db_(make_file(dir, "plain.db")),
        workload_({1}, {1, 1}, now_at()) {
    set_up(db_);
    db_.run(std::string("CREATE TABLE ") + kTable);
    insert_ = db_.prepare("INSERT INTO record(kind, body, chain) VALUES(?1, ?2, ?3)");
    for (std::uint64_t i = 0; i < records_; i += kGroup) commit(kGroup);
  }

  Pace alone(double seconds) {
    const auto until = Pace::Clock::now() + std::chrono::duration<double>(seconds);
    return run([until] { return Pace::Clock::now() >= until; });
  }

  Pace copied() {
    auto job = std::async(std::launch::async, [this] { copy(); });
    Pace pace = run([&job] { return job.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
    job.get();
    return pace;
  }

 private:
  static constexpr std::uint64_t kGroup = 250;
  static constexpr std::chrono::seconds kAtLeast{2};  // copying: so that there are commits enough to count

  void commit(std::uint64_t transactions) {
    db_.run("BEGIN IMMEDIATE");
    fact::Ended ended;
    for (std::uint64_t i = 0; i < transactions; ++i) {
      add(workload_.decided(next_));
      ended.ids.push_back(workload_.id(next_++));
    }
    add(ended);
    db_.run("COMMIT");
  }

  void add(const Fact& fact) {
    static const std::string kChain(16, 'c');
    const wal::Record record = recovery::to_record(fact);
    insert_.bind(1, record.kind);
    insert_.bind_blob(2, record.body);
    insert_.bind_blob(3, kChain);
    insert_.run();
  }

  Pace run(const std::function<bool()>& is_over) {
    Pace pace(load_);
    while (!is_over()) {
      const std::uint64_t due = pace.take_due();
      if (due == 0) {
        std::this_thread::sleep_until(pace.next_due());
        continue;
      }
      commit(due);
      pace.end(due, Pace::Clock::now());
      if (db_.wal_pages() > kCheckpointPages) db_.checkpoint_some();
    }
    return pace;
  }

  void copy() const {
    const auto until = Pace::Clock::now() + kAtLeast;
    const wal::Database reader(db_.file());
    reader.run("ATTACH '" + copy_ + "' AS copy");
    reader.run("PRAGMA copy.journal_mode=WAL");
    reader.run("PRAGMA copy.synchronous=EXTRA");
    do {
      reader.run("DROP TABLE IF EXISTS copy.record");
      reader.run(std::string("CREATE TABLE copy.") + kTable);
      reader.run("INSERT INTO copy.record SELECT * FROM main.record LIMIT " + std::to_string(records_));
    } while (Pace::Clock::now() < until);
  }

  const Load load_;
  const std::uint64_t records_;
  const std::string copy_;
  const wal::Database db_;
  wal::Statement insert_;
  const Workload workload_;
  std::uint64_t next_ = 1;
};

}  // namespace

Comparison compare_copying(const std::string& dir, const Load& load, std::uint64_t records, int pairs) {
  PlainTable table(dir, load, records);
  return compare(
      pairs, [&] { return table.copied(); }, [&](double seconds) { return table.alone(seconds); });
}

}  // namespace troth::bench
