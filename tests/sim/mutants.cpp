#include "tests/sim/mutants.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <memory>
#include <thread>

#include "tests/mutants/mutant.h"
#include "tests/sim/run.h"

namespace troth::sim {
namespace {

constexpr int kExitCaught = 3;

struct Ran {
  int status = 0;
  std::string said;  // its first line
};

/// Runs `program` with its output read by us.
Ran run_program(const std::vector<std::string>& arguments) {
  std::array<int, 2> pipe_ends{};
  if (::pipe(pipe_ends.data()) != 0) return {-1, "no pipe"};
  const pid_t child = ::fork();
  if (child == 0) {
    std::vector<char*> argv;
    for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    ::dup2(pipe_ends[1], STDOUT_FILENO);
    ::close(pipe_ends[0]);
    ::close(pipe_ends[1]);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(pipe_ends[1]);
  Ran ran;
  {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> out(::fdopen(pipe_ends[0], "r"), std::fclose);
    std::array<char, 512> line{};
    if (std::fgets(line.data(), line.size(), out.get())) ran.said = line.data();
    while (std::fgets(line.data(), line.size(), out.get())) {
    }
  }
  ::waitpid(child, &ran.status, 0);
  while (!ran.said.empty() && ran.said.back() == '\n') ran.said.pop_back();
  return ran;
}

bool is_caught(const Ran& ran) {
  return WIFSIGNALED(ran.status) || (WIFEXITED(ran.status) && WEXITSTATUS(ran.status) == kExitCaught);
}

Caught try_to_catch(const std::string& name, const MutantJob& job) {
  const Ran simulated = run_program({"/proc/self/exe", "--mutant", name, "--seeds", std::to_string(job.max_seeds)});
  if (is_caught(simulated)) {
    return {name, true, WIFSIGNALED(simulated.status) ? "simulator: it breaks down" : "simulator, " + simulated.said};
  }
  if (job.explorer.empty()) return {name, false, simulated.said};
  const Ran explored = run_program({job.explorer, "--mutant", name});
  return {name, is_caught(explored), is_caught(explored) ? "explorer" : "nobody: " + simulated.said};
}

}  // namespace

std::vector<Caught> run_mutants(const MutantJob& job) {
  std::vector<Caught> all;
  for (const auto& info : mutant::all()) all.push_back({std::string(info.name), false, {}});
  std::atomic<std::size_t> next = 0;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < job.workers; ++i) {
    threads.emplace_back([&] {
      for (std::size_t k = next++; k < all.size(); k = next++) all[k] = try_to_catch(all[k].mutant, job);
    });
  }
  for (auto& thread : threads) thread.join();
  return all;
}

int run_mutant(const std::string& name, std::uint64_t max_seeds) {
  if (!mutant::set(name)) {
    std::printf("there is no mutant '%s'; --list-mutants shows them\n", name.c_str());
    return 2;
  }
  mutants::Cells cells(TROTH_SOURCE_DIR "/coordinator/core/PROTOCOL.md");
  for (std::uint64_t seed = 1; seed <= max_seeds; ++seed) {
    const Summary summary = run_history(seed, LogKind::kSim, cells, nullptr);
    if (summary.violations.empty()) continue;
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), summary.violations.front().what.c_str());
    return kExitCaught;
  }
  std::printf("%llu histories show nothing\n", static_cast<unsigned long long>(max_seeds));
  return 0;
}

}  // namespace troth::sim
