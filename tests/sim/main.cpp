#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/sim/run.h"
int main(int argc, char** argv) {
  using namespace troth::sim;
  Job job;
  bool trace = false;
  for (int i = 1; i < argc; ++i) {
    if (!strcmp(argv[i], "--seeds"))
      job.seeds = strtoull(argv[++i], 0, 10);
    else if (!strcmp(argv[i], "--from"))
      job.from = strtoull(argv[++i], 0, 10);
    else if (!strcmp(argv[i], "--trace"))
      trace = true;
    else if (!strcmp(argv[i], "--workers"))
      job.workers = atoi(argv[++i]);
  }
  troth::mutants::Cells cells(TROTH_SOURCE_DIR "/coordinator/core/PROTOCOL.md");
  if (trace) {
    std::vector<std::string> lines;
    auto s = run_history(job.from, job.log, cells, &lines);
    for (auto& l : lines) puts(l.c_str());
    for (auto& v : s.violations) printf("seed %lu: %s\n", v.seed, v.what.c_str());
    return 0;
  }
  auto s = run(job, cells);
  for (size_t i = 0; i < s.violations.size() && i < 30; ++i)
    printf("seed %lu: %s\n", s.violations[i].seed, s.violations[i].what.c_str());
  printf(
      "%lu histories, %lu commits, %lu aborts, %lu heuristics, %lu crashes, %lu steps, %.2f s, %zu violations, cells "
      "%zu/%zu\n",
      s.histories, s.commits, s.aborts, s.heuristics, s.crashes, s.steps, s.busy_seconds, s.violations.size(),
      cells.covered(), cells.reachable());
  for (size_t i = 0; i < s.with_fault.size(); ++i) printf("%s %lu; ", name_of(static_cast<Fault>(i)), s.with_fault[i]);
  puts("");
  for (auto& m : cells.missing()) printf("missing %s\n", m.c_str());
}
