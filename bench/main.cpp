// troth_bench: one suite a run, figures as a table or as JSON.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <stdexcept>

#include "bench/bulkhead.h"
#include "bench/child.h"
#include "bench/fill.h"
#include "bench/metrics_cost.h"
#include "bench/options.h"
#include "bench/recovery.h"
#include "bench/start.h"

namespace troth::bench {
namespace {

/// A new directory below another; it goes with this object.
class Scratch {
 public:
  explicit Scratch(const std::string& below) : path_(below + "/troth-bench.XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make a directory in " + below);
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

int run_suite(const Options& options) {
  const Scratch scratch(options.dir);
  const Machine machine = this_machine(scratch.path());
  const auto measure = options.suite == "bulkhead"  ? measure_bulkhead
                       : options.suite == "metrics" ? measure_metrics
                                                    : measure_recovery;
  const auto rows = measure(options, scratch.path());
  std::puts((options.json ? json(machine, rows) : table(machine, rows)).c_str());
  return 0;
}

/// The words are those of this program's own `run_child`.
int run_piece(const std::vector<std::string>& words) {
  const std::string& piece = words.at(0);
  const std::string& dir = words.at(1);
  if (piece == "fill") {
    print(fill(
        {dir, std::stoull(words.at(2)), std::stoull(words.at(3)), words.at(4) == "compact", words.at(5) == "kill"}));
  } else if (piece == "start") {
    start(dir);
  } else if (piece == "read") {
    print(read_plainly(dir));
  } else if (piece == "rewrite") {
    print(rewrite_plainly(dir));
  } else if (piece == "sync") {
    sync_files(dir);
  } else {
    throw std::invalid_argument("no piece '" + piece + "'");
  }
  return 0;
}

}  // namespace
}  // namespace troth::bench

int main(int argc, char** argv) {
  using namespace troth::bench;
  try {
    if (argc > 3 && std::string(argv[1]) == "--child") return run_piece({argv + 2, argv + argc});
    if (argc > 1 && (std::string(argv[1]) == "--help" || std::string(argv[argc - 1]) == "--help")) {
      std::fputs(kUsage, stdout);
      return 0;
    }
    return run_suite(read_options(argc, argv));
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "troth_bench: %s\n%s", error.what(), kUsage);
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "troth_bench: %s\n", error.what());
    return 1;
  }
}
