#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <string_view>

#include "tests/e2e/chaos/campaign.h"
#include "tests/e2e/demo/interrupt.h"

namespace {

namespace chaos = troth::chaos;

constexpr const char* kUsage = R"(troth_chaos: two banks and a coordinator under load, killed again and again
  --kills N      how often a process is killed with -9: a bank one time in four, else trothd (1000)
  --in-flight N  clients (6)
  --seed S       of the jobs, the victims and the points (drawn, and printed)
  --dir D        where the files go and stay: bank-a.db, bank-b.db, told.jsonl, the log of the coordinator, outputs
  --json         the result as one JSON object
)";

template <class Number>
void read_number(std::string_view flag, std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error == std::errc() && end == text.data() + text.size() && out > 0) return;
  throw std::invalid_argument(std::string(flag) + " wants a number of at least 1, not '" + std::string(text) + "'");
}

chaos::CampaignOptions read_options(int argc, char** argv) {
  chaos::CampaignOptions options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (flag == "--json") {
      options.json = true;
      continue;
    }
    if (i + 1 == argc) throw std::invalid_argument(std::string(flag) + ": unknown, or it wants a value");
    const std::string_view value = argv[++i];
    if (flag == "--kills") {
      read_number(flag, value, options.kills);
    } else if (flag == "--in-flight") {
      read_number(flag, value, options.in_flight);
    } else if (flag == "--seed") {
      read_number(flag, value, options.seed);
    } else if (flag == "--dir") {
      options.dir = value;
    } else {
      throw std::invalid_argument("unknown flag " + std::string(flag));
    }
  }
  if (options.seed == 0) options.seed = std::random_device()();
  return options;
}

std::string directory(const chaos::CampaignOptions& options) {
  if (options.dir.empty()) {
    std::string pattern = (std::filesystem::temp_directory_path() / "troth-chaos-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a temporary directory");
    return pattern;
  }
  if (std::filesystem::exists(options.dir + "/coordinator")) {
    throw std::invalid_argument(options.dir + " holds an earlier run: give another --dir, or remove it");
  }
  std::filesystem::create_directories(options.dir);
  return options.dir;
}

int run(const chaos::CampaignOptions& options) {
  const std::string dir = directory(options);
  std::fprintf(stderr, "seed %llu, files in %s\n", static_cast<unsigned long long>(options.seed), dir.c_str());
  try {
    const chaos::CampaignReport report = chaos::run_campaign(options, dir);
    for (const auto& wrong : report.findings.mismatches) std::fprintf(stderr, "MISMATCH: %s\n", wrong.c_str());
    for (const auto& wrong : report.findings.lost) std::fprintf(stderr, "LOST: %s\n", wrong.c_str());
    if (!report.unclean_stop.empty()) std::fprintf(stderr, "UNCLEAN STOP: %s\n", report.unclean_stop.c_str());
    const bool holds = report.holds(options.kills);
    if (!holds) std::fprintf(stderr, "the files stay in %s\n", dir.c_str());
    if (options.json) {
      std::puts(chaos::json(report).c_str());
    } else {
      std::printf("%s%s\n", chaos::table(report).c_str(), chaos::last_line(report).c_str());
    }
    if (holds && options.dir.empty()) std::filesystem::remove_all(dir);
    return holds ? 0 : 1;
  } catch (const troth::demo::Interrupted&) {
    std::fprintf(stderr, "interrupted; the files stay in %s\n", dir.c_str());
    return 130;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "chaos: %s\nthe files stay in %s\n", error.what(), dir.c_str());
    return 1;
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 2 && std::string_view(argv[1]) == "--help") return std::fputs(kUsage, stdout) < 0 ? 1 : 0;
    const chaos::CampaignOptions options = read_options(argc, argv);
    troth::demo::notice_interrupts();
    return run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "chaos: %s\n%s", error.what(), kUsage);
    return 2;
  }
}
