// tests/sim/mutants.h: the simulator tested: with one rule of the protocol broken, a history must show it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace troth::sim {

struct Caught {
  std::string mutant;
  bool caught = false;
  std::string by;  // "seed 17: …", "the explorer", "a crash"
};

struct MutantJob {
  std::uint64_t max_seeds = 10'000;  // tried until one shows it
  unsigned workers = 1;              // mutants at a time
  std::string explorer;  // a program that explores with `--mutant NAME` and exits 3 when it caught it; or empty
};

/// One process per mutant: a broken rule may well end in a broken invariant that stops it, which counts as caught.
std::vector<Caught> run_mutants(const MutantJob& job);

/// In the process of one mutant: exit code 3 when a history shows it, else 0. Prints one line.
int run_mutant(const std::string& name, std::uint64_t max_seeds);

}  // namespace troth::sim
