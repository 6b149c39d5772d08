// A restore that dies at each of its operations, or whose power is cut there: afterwards the log is refused and can be
// restored again, or it is restored; what it says is the same.
#include <cstdio>

#include "recovery/remake.h"
#include "tests/recovery/history.h"
#include "tests/recovery/real_log.h"
#include "tests/vfs/sim_file_system.h"
#include "wal/generations.h"
#include "wal/open.h"

namespace troth::recovery {
namespace {

using namespace testing;
using vfs::Ending;

constexpr const char* kDirectory = "/log";
constexpr EpochId kOnTheCopy{3, 333};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kStride = 7;
#else
constexpr std::uint64_t kStride = 1;
#endif

/// A data directory on a disk of its own.
class World {
 public:
  World() : files_(disk_) { disk_.make_directory(kDirectory); }

  vfs::SimDisk& disk() { return disk_; }

  std::variant<wal::OpenedFile, wal::OpenError> open(Folding& folding) {
    wal::OpenOptions options;
    options.dir = kDirectory;
    options.expected_log_id = kLog;
    options.ballast_bytes = 0;
    options.reserve_bytes = 0;
    options.file_system = &files_;
    return wal::open_log_file(options, folding);
  }
  /// A start that writes this and is killed.
  void start(const std::vector<Fact>& facts) {
    {
      Folding folding;
      auto opened = open(folding);
      ASSERT_TRUE(std::holds_alternative<wal::OpenedFile>(opened));
      wal::Batch batch;
      for (const Fact& fact : facts) batch.add(to_record(fact));
      std::get<wal::OpenedFile>(opened).file->write(batch);
      disk_.crash(Ending::kKill);
    }
    disk_.restart();
  }
  void restore() { plan_restore({kDirectory, {}, {3, 1'000}, 2, 0, &files_})->carry_out(); }
  /// The restore meets what was planned for the disk, then its process is gone.
  void restore_and_fall() {
    try {
      restore();
    } catch (const std::exception&) {
    } catch (const wal::OpenError&) {
    } catch (const Refused&) {
    }
    if (!disk_.is_dead()) disk_.crash(Ending::kKill);
    disk_.restart();
    disk_.faults().heal();
  }

 private:
  vfs::SimDisk disk_{vfs::SimDisk::Options{}};
  vfs::SimFileSystem files_;
};

/// Two epochs, copied while the second ran; the copy ran a third, was unmasked and stopped.
void make_old_copy(World& world) {
  auto prepared = prepare_started(id_of(2, kSecond));
  prepared.origin.key = "k2";
  world.start({fact::EpochStarted{kFirst, 1, 0}, committed(id_of(1), "k1"), fact::Ended{{id_of(1)}}});
  world.start({fact::EpochStarted{kSecond, 4, 0}, committed(id_of(1, kSecond)), prepared});
  auto presumed = abort_told(id_of(2, kSecond), "k2");
  presumed.reason = AbortReason::kRestart;
  world.start({fact::EpochStarted{kOnTheCopy, 7, 0}, presumed});
  world.disk().put(std::string(kDirectory) + "/OLD-COPY", "unmasked\n");
}

void expect_restored(World& world) {
  Folding folding;
  auto opened = world.open(folding);
  const auto* refused = std::get_if<wal::OpenError>(&opened);
  ASSERT_EQ(refused, nullptr) << refused->message;
  wal::LogFile& file = *std::get<wal::OpenedFile>(opened).file;
  EXPECT_GE(file.end(), 1'000u);
  EXPECT_FALSE(file.find("k2", 1).present);
  EXPECT_TRUE(file.find("k1", 1).present);
  Known known = folding.take();
  known.log = kLog;
  EXPECT_EQ(next_epoch(known), 4u);
  EXPECT_EQ(known.gaps.size(), 1u);
  EXPECT_EQ(status_of(known, id_of(1)), IdStatus::kBitOnly);
  EXPECT_EQ(status_of(known, id_of(9)), IdStatus::kAborted);
  EXPECT_EQ(status_of(known, id_of(1, kSecond)), IdStatus::kLive);
  for (const auto& id : {id_of(2, kSecond), id_of(9, kSecond), id_of(1, {3, 3}), id_of(1, kOnTheCopy)}) {
    EXPECT_EQ(status_of(known, id), IdStatus::kGapUnknown) << to_text(id);
  }
}

TEST(RestoreThatDies, AtAnyOfItsOperationsIsBegunAgainOrWasDone) {
  World state;
  make_old_copy(state);
  World sound;
  sound.disk().copy_state(state.disk());
  const std::uint64_t before = sound.disk().faults().operations();
  sound.restore();
  const std::uint64_t operations = sound.disk().faults().operations() - before;
  expect_restored(sound);
  std::uint64_t runs = 0;
  std::uint64_t done = 0;
  for (std::uint64_t at = 1; at <= operations && !::testing::Test::HasFailure(); at += kStride) {
    for (const Ending ending : {Ending::kKill, Ending::kNothingKept, Ending::kAllKept, Ending::kRandom}) {
      SCOPED_TRACE("operation " + std::to_string(at) + ", ending " + std::to_string(static_cast<int>(ending)));
      World world;
      world.disk().copy_state(state.disk());
      world.disk().crash_at(world.disk().faults().operations() + at, ending, at);
      world.restore_and_fall();
      ++runs;
      if (!world.disk().find(std::string(kDirectory) + "/OLD-COPY")) {
        ++done;
      } else {
        Folding folding;
        const auto opened = world.open(folding);
        ASSERT_TRUE(std::holds_alternative<wal::OpenError>(opened));
        EXPECT_EQ(std::get<wal::OpenError>(opened).exit_code, wal::kExitDamaged);
        world.restore();
      }
      expect_restored(world);
    }
  }
  EXPECT_GT(done, 0u) << "no crash fell after the last act";
  EXPECT_LT(done, runs / 2);
  std::printf("crash in a restore: operations %llu, runs %llu\n", static_cast<unsigned long long>(operations),
              static_cast<unsigned long long>(runs));
}

}  // namespace
}  // namespace troth::recovery
