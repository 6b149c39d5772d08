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

const char* const kUsage = R"(troth_bench recovery: how long a start takes, and what compaction costs those who commit
  --transactions N   unfinished ones of two branches, for the large recovery (1000000)
  --finished N       finished ones before the start with 1,000 live (10000000)
  --runs N           of each start; the table has their median (3)
  --pairs N          of phases with and without compaction (9)
  --rate R           commits a second, where the rate is fixed (2000)
  --in-flight N      commits at the same time, where the loop is closed (64)
  --quick            all of it in less than a minute: 100000, 1000000, 1 run, 5 pairs
  --dir D            where the files go while it runs (the temporary directory)
  --json             one object instead of the table
The figures want a machine that does nothing else; all sizes take some 10 minutes. Exit 1: a start did not find what
was written.
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
      {"--dir", [&](auto&, auto& value) { options.dir = value; }},
  };
  if (argc < 2) throw std::invalid_argument("which suite? recovery");
  options.suite = argv[1];
  if (options.suite != "recovery") throw std::invalid_argument("no suite '" + options.suite + "'");
  for (int i = 2; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--json") {
      options.json = true;
    } else if (flag == "--quick") {
      options.transactions = 100'000;
      options.finished = 1'000'000;
      options.runs = 1;
      options.pairs = 5;
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
