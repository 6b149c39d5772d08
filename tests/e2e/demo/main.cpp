#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <string_view>

#include "tests/e2e/demo/demo.h"
#include "tests/e2e/demo/interrupt.h"

namespace {

namespace demo = troth::demo;

std::string directory(const demo::Options& options) {
  if (options.dir.empty()) {
    std::string pattern = (std::filesystem::temp_directory_path() / "troth-demo-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a temporary directory");
    return pattern;
  }
  std::filesystem::create_directories(options.dir);
  if (std::filesystem::exists(options.dir + "/bank-a.db") || std::filesystem::exists(options.dir + "/coordinator")) {
    throw std::invalid_argument(options.dir + " holds an earlier run: give another --dir, or remove it");
  }
  return options.dir;
}

int run(const demo::Options& options) {
  const std::string dir = directory(options);
  demo::Progress progress(options.transfers);
  progress.say("seed " + std::to_string(options.seed) + ", files in " + dir);
  try {
    const demo::Result result = demo::run(options, dir, progress);
    progress.say("");
    for (const std::string& wrong : result.mismatches) progress.say("MISMATCH: " + wrong);
    if (!result.unclean_stop.empty()) progress.say("UNCLEAN STOP: " + result.unclean_stop);
    const bool holds = result.holds(options.kills);
    if (options.json) {
      std::puts(demo::json(result).c_str());
    } else {
      std::printf("%s%s\n", demo::table(result).c_str(), demo::last_line(result).c_str());
    }
    if (holds && options.dir.empty()) std::filesystem::remove_all(dir);
    if (!holds) progress.say("the files stay in " + dir);
    return holds ? 0 : 1;
  } catch (const demo::Interrupted&) {
    progress.say("interrupted; the files stay in " + dir);
    return 130;
  } catch (const std::exception& error) {
    progress.say(std::string("demo: ") + error.what() + "\nthe files stay in " + dir);
    return 1;
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 2 && std::string_view(argv[1]) == "--help") return std::fputs(demo::kUsage, stdout) < 0 ? 1 : 0;
    demo::Options options = demo::with_programs(demo::read_options(argc, argv));
    if (options.seed == 0) options.seed = std::random_device()();
    demo::notice_interrupts();
    return run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "demo: %s\n%s", error.what(), demo::kUsage);
    return 2;
  }
}
