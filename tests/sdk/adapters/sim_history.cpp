#include "tests/sdk/adapters/sim_history.h"

namespace troth::testing {
namespace {

using vfs::Ending;
using vfs::FaultKind;

void two_phases(SimBank& bank) {
  for (const int n : {1, 2, 3, 4}) bank.prepare(n);
  bank.prepare(1, 2);
  bank.commit(1);
  bank.commit(1);
  bank.abort(2);
  bank.abort(2);
  bank.abort(5);
  bank.prepare(5);
  bank.read_only(6);
  bank.prepare(6);
  bank.remember(3);
}

void one_phase(SimBank& bank) {
  bank.commit(3);
  bank.abort(4);
  bank.one_phase(7);
  bank.one_phase(7, 2);
  bank.overdraws(8);
  bank.one_phase(8);
  bank.one_phase(9, 2);
  bank.one_phase(9);
  bank.prepare(10);
  bank.one_phase(10, 2);
  bank.prepare(11);
  bank.prepare(12);
}

void joined_work(SimBank& bank) {
  for (const int n : {13, 14, 15, 16}) bank.run_joined(n);
  bank.prepare(13, 1, true);
  bank.prepare(13, 2, true);
  bank.commit(13);
  bank.abort(14);
  bank.one_phase(15, 1, true);
  bank.prepare(17, 1, true);  // of work that is not here
  bank.commit(11);
}

void forgetting(SimBank& bank) {
  bank.forget({1, 3, 7}, 0);
  bank.prepare(18);
  bank.forget({}, 6);
  for (int i = 0; i < 3; ++i) bank.nudge();
  bank.prepare(2);  // below the horizon now
  bank.commit(18);
  bank.forget({18}, 13);
  for (int i = 0; i < 3; ++i) bank.nudge();
  bank.abort(4);
}

void after_a_failed_sync(SimBank& bank) {
  bank.commit(12);
  bank.prepare(19);
  bank.prepare(20);
  bank.commit(19);
}

/// One more operation whose sync fails: the file is marked, the process ends.
void fail_a_sync(SimBank& bank) {
  bank.disk().faults().plan({FaultKind::kSyncFails, bank.disk().faults().operations() + 1, false});
  bank.remember(4);
  bank.die(Ending::kKill);
  bank.disk().faults().heal();
}

}  // namespace

const std::vector<Chapter>& chapters() {
  static const std::vector<Chapter> all{
      {"first start", [](SimBank&) {}, Chapter::kStops}, {"two phases", two_phases, Chapter::kIsKilled},
      {"one phase", one_phase, Chapter::kStops},         {"joined work", joined_work, Chapter::kLosesPower},
      {"forgetting", forgetting, Chapter::kSyncFailed},  {"rebuild", after_a_failed_sync, Chapter::kStops},
  };
  return all;
}

void live(SimBank& bank, const Chapter& chapter) {
  if (!bank.start()) return;
  chapter.happens(bank);
  if (chapter.ends == Chapter::kStops) bank.stop();
}

std::vector<Page> write_history(const vfs::Medium& medium) {
  std::vector<Page> pages;
  auto bank = std::make_unique<SimBank>(medium);
  for (const Chapter& chapter : chapters()) {
    auto next = std::make_unique<SimBank>(medium);
    next->become(*bank);
    vfs::seed_sqlite(1);
    live(*next, chapter);
    pages.push_back({std::move(bank), next->disk().faults().history()});
    if (chapter.ends == Chapter::kSyncFailed) fail_a_sync(*next);
    if (chapter.ends == Chapter::kIsKilled) next->die(Ending::kKill);
    if (chapter.ends == Chapter::kLosesPower) next->die(Ending::kNothingKept);
    bank = std::move(next);
  }
  return pages;
}

std::string recover_and_go_on(SimBank& bank) {
  if (!bank.start()) return "it does not start";
  if (std::string broken = bank.broken_law(); !broken.empty()) return broken;
  const std::string served = bank.everything();
  bank.die(Ending::kNothingKept);
  if (!bank.start()) return "it does not start a second time";
  if (bank.everything() != served) return "lost what it had served: " + served + "\nnow " + bank.everything();
  return bank.finish();
}

}  // namespace troth::testing
