#include <sched.h>
#include <sys/mount.h>

#include <limits>

#include "tests/wal/log_fixture.h"

namespace troth::wal {
namespace {

constexpr std::uint64_t kEverything = std::numeric_limits<std::uint64_t>::max() / 4;

std::unique_ptr<SqliteLog> open_with(const OpenOptions& options) {
  Memory memory;
  auto result = SqliteLog::open(options, memory);
  if (const auto* error = std::get_if<OpenError>(&result)) throw std::runtime_error(error->message);
  return std::move(std::get<SqliteLog::Opened>(result).log);
}

TEST(Space, TheReserveIsThereOrNotByWhatTheDiskHas) {
  TempDir dir;
  OpenOptions options = options_for(dir.path());
  options.reserve_bytes = 1;
  auto log = open_with(options);
  EXPECT_TRUE(log->has_reserve());
  EXPECT_GT(log->stats().free_bytes, 0U);
  log->stop();
  log.reset();
  options.reserve_bytes = kEverything;
  log = open_with(options);
  EXPECT_FALSE(log->has_reserve());
  log->stop();
}

TEST(Space, RoomForMoreIsWhatIsFreeBesideTheReserve) {
  TempDir dir;
  OpenOptions options = options_for(dir.path());
  options.reserve_bytes = 1;
  auto log = open_with(options);
  EXPECT_TRUE(log->has_room_for(1));
  EXPECT_FALSE(log->has_room_for(kEverything));
  log->stop();
  log.reset();
  options.reserve_bytes = kEverything;
  log = open_with(options);
  EXPECT_FALSE(log->has_room_for(0));
  log->stop();
}

TEST(Space, TheBallastIsMadeGivenUpWhenSpaceIsShortAndMadeAgain) {
  TempDir dir;
  OpenOptions options = options_for(dir.path());
  open_with(options)->stop();
  EXPECT_EQ(std::filesystem::file_size(dir.file("ballast")), options.ballast_bytes);
  options.reserve_bytes = kEverything;
  open_with(options)->stop();
  EXPECT_FALSE(std::filesystem::exists(dir.file("ballast")));
  options.reserve_bytes = 0;
  options.ballast_bytes = 100'000;
  open_with(options)->stop();
  EXPECT_EQ(std::filesystem::file_size(dir.file("ballast")), 100'000U);
  options.ballast_bytes = 0;
  open_with(options)->stop();
  EXPECT_FALSE(std::filesystem::exists(dir.file("ballast")));
}

TEST(Space, WithoutReserveTheLogStillAppendsSoThatOldWorkCanEnd) {
  TempDir dir;
  OpenOptions options = options_for(dir.path());
  options.reserve_bytes = kEverything;
  auto log = open_with(options);
  append_durably(*log, {"old work"});
  EXPECT_EQ(log->durable(), 1U);
}

/// Keeps only what matters: few records, so that a rebuild needs little room.
class FewRecords : public Memory {
 public:
  Lsn rebuilt(Lsn cut, const std::function<void(const Record&)>& add) override {
    add(records.front());
    add({kCheckpointKind, std::to_string(cut), "", true});
    return cut;
  }
};

constexpr int kNotAllowed = 77;

/// Fills a disk of 3 MiB until a commit fails, then starts again while it is still full. Returns what went wrong.
int fill_and_start_again(const std::string& dir) {
  const bool apart = ::unshare(CLONE_NEWNS) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
  if (!apart || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return kNotAllowed;
  if (::mount("tmpfs", dir.c_str(), "tmpfs", 0, "size=3m") != 0) return kNotAllowed;
  OpenOptions options = options_for(dir);
  options.ballast_bytes = 512 * 1024;
  options.reserve_bytes = 128 * 1024;
  const int filled = run_child([&] {
    auto log = open_with(options);
    Progress progress(*log);
    const Record first = record_of("told");
    progress.wait_durable(log->append({&first, 1}));
    const Record record = record_of(std::string(60'000, 'x'));
    for (;;) progress.wait_durable(log->append({&record, 1}));
    return 0;
  });
  if (filled != kExitWrite) return 1;
  if (!std::filesystem::exists(dir + "/ballast")) return 2;  // else the disk was not full of other things
  FewRecords memory;
  auto result = SqliteLog::open(options, memory);
  if (const auto* error = std::get_if<OpenError>(&result)) {
    std::fprintf(stderr, "%d %s\n", error->exit_code, error->message.c_str());
    return 3;
  }
  auto& opened = std::get<SqliteLog::Opened>(result);
  if (!opened.rebuilt || memory.bodies().front() != "told") return 4;
  append_durably(*opened.log, {"served again"});
  return 0;
}

TEST(Space, AFullDiskStopsTheProcessAndDoesNotBlockTheNextStart) {
  TempDir dir;
  std::string said;
  const int code = run_child([&] { return fill_and_start_again(dir.path()); }, &said);
  if (code == kNotAllowed) GTEST_SKIP() << "no mount namespace of our own is allowed here";
  EXPECT_EQ(code, 0) << said;
}

}  // namespace
}  // namespace troth::wal
