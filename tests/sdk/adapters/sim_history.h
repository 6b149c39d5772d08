// The life of a SimBank in chapters: a first start, two phases, one phase, joined work, forgetting, a rebuild; each
// thing fresh and repeated.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/sdk/adapters/sim_bank.h"

namespace troth::testing {

struct Chapter {
  const char* name;
  void (*happens)(SimBank&);
  enum Ends { kStops, kIsKilled, kLosesPower, kSyncFailed } ends;
};

const std::vector<Chapter>& chapters();
/// The chapter whose start rebuilds the file.
inline constexpr std::size_t kRebuild = 5;

/// Starts, does what happens in the chapter, and stops in order when the chapter ends so.
void live(SimBank& bank, const Chapter& chapter);

/// A chapter as it is without faults: where it begins, and the operations it takes.
struct Page {
  std::unique_ptr<SimBank> before;
  std::vector<vfs::Operation> operations;
};

std::vector<Page> write_history(const vfs::Medium& medium);

/// Recovers, loses power once more, recovers, and goes on. Which law was broken; empty when none was.
std::string recover_and_go_on(SimBank& bank);

}  // namespace troth::testing
