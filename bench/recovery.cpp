#include "bench/recovery.h"

#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include "bench/child.h"
#include "bench/commits.h"
#include "proto/values/limits.h"

namespace troth::bench {
namespace {

namespace files = std::filesystem;

void say(const std::string& what) {
  std::fprintf(stderr, "bench: %s\n", what.c_str());
}

std::string rounded(double value, int decimals) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

/// A log as a stop or a kill left it: each start gets a copy.
struct Left {
  std::string dir;
  bool killed = false;
  std::uint64_t live = 0;
  std::uint64_t committed = 0;
};

/// What the runs of one start and of its plain counterpart found.
struct Starts {
  std::vector<Figures> troth;
  std::vector<Figures> plain;

  std::vector<double> all(const std::string& name) const { return column(troth, name); }
  std::vector<double> all_plain(const std::string& name) const { return column(plain, name); }
  double typical(const std::string& name) const { return median(all(name)); }

 private:
  static std::vector<double> column(const std::vector<Figures>& runs, const std::string& name) {
    std::vector<double> values;
    for (const Figures& run : runs) {
      if (const auto found = run.find(name); found != run.end()) values.push_back(found->second);
    }
    return values;
  }
};

class Suite {
 public:
  Suite(const Options& options, std::string dir) : options_(options), dir_(std::move(dir)) {}

  std::vector<Row> run() {
    measure_unfinished();
    measure_finished();
    measure_commits();
    return std::move(rows_);
  }

 private:
  static constexpr std::uint64_t kLive = 1'000;

  std::string path(const std::string& name) const { return dir_ + "/" + name; }

  void fill(const Left& left, std::uint64_t unfinished, std::uint64_t finished, bool compact) {
    run_child({"fill", left.dir, std::to_string(unfinished), std::to_string(finished), compact ? "compact" : "grow",
               left.killed ? "kill" : "stop"},
              left.killed);
  }

  /// Synced, so that what is still being written does not disturb what is measured.
  static void copy(const std::string& from, const std::string& to) {
    files::remove_all(to);
    files::copy(from, to, files::copy_options::recursive);
    run_child({"sync", to});
  }

  Starts start(const Left& left) {
    Starts starts;
    const std::string run = path("run");
    for (int i = 0; i < options_.runs; ++i) {
      copy(left.dir, run);
      const Figures& found = starts.troth.emplace_back(run_child({"start", run}));
      const auto is = [&](const char* name, std::uint64_t expected) {
        if (found.at(name) == static_cast<double>(expected)) return;
        throw std::runtime_error(left.dir + ": " + std::to_string(expected) + " transactions are " + name + ", not " +
                                 rounded(found.at(name), 0));
      };
      is("live", left.live);
      is("committed", left.committed);
      copy(left.dir, run);
      starts.plain.push_back(run_child({left.killed ? "rewrite" : "read", run}));
    }
    files::remove_all(run);
    return starts;
  }

  void add(Row row) {
    say(row.name + ": " + rounded(median(row.runs), 3) + " " + row.unit);
    rows_.push_back(std::move(row));
  }

  static std::string parts(const Starts& starts, const Left& left) {
    std::string note;
    const auto part = [&](const char* name, const char* words) {
      note += (note.empty() ? "" : ", ") + std::string(words) + " " + rounded(starts.typical(name), 2);
    };
    part("prove", left.killed ? "open" : "prove the pages");
    part("read", "read");
    if (left.killed) part("write", "write, sync and prove the new file");
    if (left.killed) part("read_again", "read it again");
    part("engine", "make the engine");
    const auto& plain = starts.all_plain("processor");
    return note + "; processor " + rounded(starts.typical("processor"), 2) + ", plain " + rounded(median(plain), 2);
  }

  void add_time(const std::string& name, const Left& left, const Starts& starts, double goal) {
    add({name, "s", starts.all("seconds"), starts.all_plain("seconds"), goal, parts(starts, left)});
  }

  void measure_unfinished() {
    for (const bool killed : {true, false}) {
      const std::string name = std::to_string(options_.transactions) + " unfinished, " +
                               (killed ? "killed with -9 (rebuild)" : "stopped in order");
      say(name);
      const Left left{path(killed ? "unfinished-killed" : "unfinished-stopped"), killed, options_.transactions,
                      options_.transactions};
      fill(left, options_.transactions, 0, false);
      const Starts starts = start(left);
      files::remove_all(left.dir);
      add_time("start: " + name, left, starts, 10);
      Row rate{"", "/s", {}, {}, {}, "rows of the log as it lay there"};
      for (std::size_t i = 0; i < starts.troth.size(); ++i) {
        rate.runs.push_back(starts.plain[i].at("rows") / starts.troth[i].at("seconds"));
        rate.plain.push_back(starts.plain[i].at("rows") / starts.plain[i].at("seconds"));
      }
      rate.name = "records: " + name;
      add(std::move(rate));
      Row memory{"peak memory per transaction: " + name, "bytes", starts.all("memory"), {}, 1'024, ""};
      const auto each = static_cast<double>(options_.transactions);
      for (double& bytes : memory.runs) bytes /= each;
      memory.note = rounded(starts.typical("memory_opened") / each, 0) + " until the log was read, " +
                    rounded(starts.typical("memory_after") / each, 0) + " held in the end";
      add(std::move(memory));
    }
  }

  void measure_finished() {
    say("1000 live after " + std::to_string(options_.finished) + " finished");
    const Left compacted{path("finished"), false, kLive, kLive + options_.finished};
    fill(compacted, kLive, options_.finished, true);
    const std::uint64_t tail = Limits().compact_records - Limits().compact_records / 250;
    for (const bool killed : {false, true}) {
      for (const std::uint64_t after : {std::uint64_t{1}, tail}) {
        const Left left{path("finished-" + std::to_string(after)), killed, kLive, compacted.committed + after};
        copy(compacted.dir, left.dir);
        fill(left, 0, after, false);
        const Starts starts = start(left);
        files::remove_all(left.dir);
        add_time(std::string("start: 1000 live after ") + std::to_string(options_.finished) + " finished, " +
                     (after == 1 ? "compacted" : "the next compaction nearly due") + ", " +
                     (killed ? "killed with -9" : "stopped in order"),
                 left, starts, 1);
      }
    }
    files::remove_all(compacted.dir);
  }

  void measure_commits() {
    Load fixed;
    fixed.per_second = options_.rate;
    Load closed;
    closed.in_flight = options_.in_flight;
    add_commits("at " + rounded(options_.rate, 0) + " a second", fixed);
    add_commits(std::to_string(options_.in_flight) + " in flight", closed);
  }

  void add_commits(const std::string& name, const Load& load) {
    say("commits " + name);
    const std::uint64_t records = Limits().compact_records;
    const Comparison troth = compare_compacting(path("commits"), load, records, options_.pairs);
    files::remove_all(path("commits"));
    const Comparison plain = compare_copying(path("plain"), load, records, options_.pairs);
    files::remove_all(path("plain"));
    add({"commit p99, compacting / alone, " + name, "", troth.ratios, plain.ratios, 2,
         "a compaction of " + std::to_string(records) + " records took " + rounded(median(troth.job_seconds), 1) +
             " s; plain: a copy of as many rows"});
    add({"commit p99, compacting, " + name,
         "ms",
         troth.p99_ms,
         plain.p99_ms,
         {},
         rounded(median(troth.rates), 0) + " commits/s, plain " + rounded(median(plain.rates), 0)});
    add({"commit p99, alone, " + name,
         "ms",
         troth.p99_ms_alone,
         plain.p99_ms_alone,
         {},
         rounded(median(troth.rates_alone), 0) + " commits/s, plain " + rounded(median(plain.rates_alone), 0)});
  }

  const Options options_;
  const std::string dir_;
  std::vector<Row> rows_;
};

}  // namespace

std::vector<Row> measure_recovery(const Options& options, const std::string& dir) {
  return Suite(options, dir).run();
}

}  // namespace troth::bench
