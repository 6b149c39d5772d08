#include "bench/options.h"

#include <charconv>
#include <filesystem>
#include <functional>
#include <map>
#include <stdexcept>

namespace troth::bench {
namespace {

template <class Number>
void read_number(const std::string& flag, const std::string& text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size() || out < 1) {
    throw std::invalid_argument(flag + " wants a number of at least 1, not '" + text + "'");
  }
}

}  // namespace

const char* const kUsage = R"(troth_bench recovery | bulkhead | metrics
recovery: how long a start takes, and what compaction costs those who commit
  --transactions N   unfinished ones of two branches, for the large recovery (1000000)
  --finished N       finished ones before the start with 1,000 live (10000000)
  --runs N           of each start; the table has their median (3)
  --pairs N          of phases with and without compaction (9)
  --rate R           commits a second, where the rate is fixed (2000)
  --in-flight N      commits at the same time, where the loop is closed (64)
  --quick            less of it, some minutes: 100000, 1000000, 1 run, 5 pairs
bulkhead: what transactions that are stuck on a dead participant cost those of two others
  --stuck N          of them (1000)
  --pairs N          of stretches of load beside them and alone (7)
  --seconds S        of each stretch (5)
  --in-flight N      commits at the same time (64)
  --quick            all of it in less than a minute: 1.5 seconds each
metrics: what a scrape each second costs, and the counting
  --pairs N, --seconds S, --in-flight N, --quick as for bulkhead
All of them:
  --dir D            where the files go while it runs (the temporary directory)
  --json             one object instead of the table
The figures want a machine that does nothing else; all sizes of recovery take some 10 minutes. Exit 1: a start did not
find what was written, or a transaction was lost. A goal that is missed is said in the table.
)";

Options read_options(int argc, char** argv) {
  Options options;
  options.dir = std::filesystem::temp_directory_path();
  using Read = std::function<void(const std::string& flag, const std::string& value)>;
  const std::map<std::string, Read> with_value{
      {"--transactions", [&](auto& flag, auto& value) { read_number(flag, value, options.transactions); }},
      {"--finished", [&](auto& flag, auto& value) { read_number(flag, value, options.finished); }},
      {"--runs", [&](auto& flag, auto& value) { read_number(flag, value, options.runs); }},
      {"--pairs", [&](auto& flag, auto& value) { read_number(flag, value, options.pairs); }},
      {"--rate", [&](auto& flag, auto& value) { read_number(flag, value, options.rate); }},
      {"--in-flight", [&](auto& flag, auto& value) { read_number(flag, value, options.in_flight); }},
      {"--stuck", [&](auto& flag, auto& value) { read_number(flag, value, options.stuck); }},
      {"--seconds", [&](auto& flag, auto& value) { read_number(flag, value, options.seconds); }},
      {"--dir", [&](auto&, auto& value) { options.dir = value; }},
  };
  if (argc < 2) throw std::invalid_argument("which suite? recovery, bulkhead or metrics");
  options.suite = argv[1];
  const bool is_recovery = options.suite == "recovery";
  if (!is_recovery && options.suite != "bulkhead" && options.suite != "metrics") {
    throw std::invalid_argument("no suite '" + options.suite + "'");
  }
  if (!is_recovery) options.pairs = 7;
  for (int i = 2; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--json") {
      options.json = true;
    } else if (flag == "--quick") {
      options.transactions = 100'000;
      options.finished = 1'000'000;
      options.runs = 1;
      if (is_recovery) options.pairs = 5;
      options.seconds = 1.5;
    } else if (const auto valued = with_value.find(flag); valued == with_value.end()) {
      throw std::invalid_argument("unknown flag " + flag);
    } else if (++i == argc) {
      throw std::invalid_argument(flag + " wants a value");
    } else {
      valued->second(flag, argv[i]);
    }
  }
  return options;
}

}  // namespace troth::bench
