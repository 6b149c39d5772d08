#include "tests/e2e/demo/options.h"

#include <charconv>
#include <filesystem>
#include <functional>
#include <map>
#include <stdexcept>

namespace troth::demo {
namespace {

template <class Number>
void read_number(const std::string& flag, const std::string& text, Number least, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size() || out < least) {
    throw std::invalid_argument(flag + " wants a number of at least " + std::to_string(least) + ", not '" + text + "'");
  }
}

/// A program of the build directory that `from` lies in.
std::string find_upwards(std::filesystem::path from, const std::string& program) {
  for (; from.has_relative_path(); from = from.parent_path()) {
    if (std::filesystem::exists(from / program)) return (from / program).string();
  }
  throw std::invalid_argument("this build has no " + program + ": build it, or say where it is");
}

}  // namespace

const char* const kUsage = R"(troth_demo: money moves between two banks while they and the coordinator are killed
  --transfers N       how many (5000)
  --kills K           how often a process is killed with -9, evenly by progress (7: trothd 5 times, each bank once)
  --in-flight N       transfers at the same time (32)
  --seed S            of accounts and amounts (drawn, and printed)
  --dir D             where the files go and stay: bank-a.db, bank-b.db, told.jsonl, logs
  --random-moments    kills at random moments, also right after a start
  --json              the result as one JSON object
  --keep              leave the system running until Ctrl-C, and print what to try
  --trothd P --bank P other programs than those of this build
)";

Options read_options(int argc, char** argv) {
  Options options;
  using Read = std::function<void(const std::string& flag, const std::string& value)>;
  const std::map<std::string, Read> with_value{
      {"--transfers", [&](auto& flag, auto& value) { read_number(flag, value, 1u, options.transfers); }},
      {"--kills", [&](auto& flag, auto& value) { read_number(flag, value, 0u, options.kills); }},
      {"--in-flight", [&](auto& flag, auto& value) { read_number(flag, value, 1u, options.in_flight); }},
      {"--seed", [&](auto& flag, auto& value) { read_number<std::uint64_t>(flag, value, 1, options.seed); }},
      {"--dir", [&](auto&, auto& value) { options.dir = value; }},
      {"--trothd", [&](auto&, auto& value) { options.trothd = value; }},
      {"--bank", [&](auto&, auto& value) { options.bank = value; }},
  };
  const std::map<std::string, bool*> switches{
      {"--json", &options.json}, {"--keep", &options.keep}, {"--random-moments", &options.random_moments}};
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (const auto found = switches.find(flag); found != switches.end()) {
      *found->second = true;
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

Options with_programs(Options options) {
  const auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  if (options.trothd.empty()) options.trothd = find_upwards(here, "coordinator/server/trothd");
  if (options.bank.empty()) options.bank = find_upwards(here, "participant-sdk/examples/bank");
  return options;
}

}  // namespace troth::demo
