// trothd_chaos: the product's trothd, which ends itself at one point (points.h). All that is not trothd's are
// decorators handed in through its seams.
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "coordinator/server/program.h"
#include "tests/e2e/chaos/chaos_files.h"
#include "tests/e2e/chaos/chaos_log.h"
#include "tests/e2e/chaos/chaos_outbox.h"

namespace {

/// A commit writes two to four pages: a checkpoint every ten of them or so, instead of every few hundred.
constexpr int kCheckpointPages = 32;

int run(int argc, char** argv) {
  using namespace troth;
  chaos::Points points([](const char* name) -> const char* { return std::getenv(name); });
  const chaos::ChaosFiles files(points);
  server::Seams seams;
  seams.log_options = [&files](wal::OpenOptions& options) {
    options.file_system = &files;
    options.checkpoint_pages = kCheckpointPages;
  };
  const bool lies = std::getenv("TROTH_CHAOS_LIES") != nullptr;
  seams.log = [&points, lies](wal::Log& opened) {
    points.enter("serve");
    return std::make_unique<chaos::ChaosLog>(opened, points, lies);
  };
  seams.outbox = [&points](engine::Outbox& exchange) { return std::make_unique<chaos::ChaosOutbox>(exchange, points); };
  seams.before_turn = [&points](const std::vector<engine::Command>& commands) {
    chaos::pass_incoming(commands, points);
  };
  return server::run_trothd(argc, argv, seams);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "trothd_chaos: %s\n", error.what());
    return 2;
  }
}
