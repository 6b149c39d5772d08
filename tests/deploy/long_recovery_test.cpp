// A start that takes long asks its manager for more time, as long as it makes progress.
#include <gtest/gtest.h>
#include <poll.h>

#include <regex>

#include "coordinator/server/clock.h"
#include "coordinator/server/opened_log.h"
#include "recovery/rebuild.h"
#include "tests/deploy/manager.h"
#include "tests/e2e/world.h"
#include "wal/file_system.h"

namespace troth::deploy {
namespace {

/// A disk that answers nothing before a given moment.
class SlowDisk : public wal::FileSystem {
 public:
  explicit SlowDisk(Millis until) : until_(until) {}
  std::unique_ptr<wal::Folder> open(const std::string& path) const override {
    while (server::now().due < until_) ::poll(nullptr, 0, 10);
    return wal::posix_file_system().open(path);
  }
  const char* sqlite_vfs() const override { return nullptr; }

 private:
  Millis until_;
};

constexpr std::uint32_t kRecords = 20'000;
constexpr Millis kLongerThanBetweenTwoReportsMs = 2'100;

void write_log(const server::Config& config) {
  auto opened = server::open_log(config, {});
  auto& log = *std::get<server::OpenedLog>(opened).log;
  std::vector<wal::Record> records;
  for (std::uint32_t epoch = 1; epoch <= kRecords; ++epoch) {
    fact::EpochStarted started;
    started.epoch = {epoch, epoch};
    records.push_back(recovery::to_record(started));
  }
  const Lsn last = log.append(records);
  ASSERT_TRUE(e2e::World::eventually([&] { return log.durable() >= last; }));
  log.stop();
}

TEST(Notify, ALongRecoveryAsksForMoreTime) {
  const e2e::TempDir dir;
  server::Config config;
  config.data_dir = dir.path();
  write_log(config);

  const Manager manager("@troth-recovery-" + std::to_string(::getpid()));
  const SlowDisk disk(server::now().due + kLongerThanBetweenTwoReportsMs);
  auto opened = server::open_log(config, [&](wal::OpenOptions& options) { options.file_system = &disk; });
  ASSERT_TRUE(std::holds_alternative<server::OpenedLog>(opened)) << std::get<server::StartError>(opened).message;
  const std::string heard = manager.hear();
  EXPECT_TRUE(std::regex_match(
      heard, std::regex("EXTEND_TIMEOUT_USEC=120000000\nSTATUS=recovering: read 16384 of 200[0-9]+ records\n")))
      << heard;
  std::get<server::OpenedLog>(opened).log->stop();
}

}  // namespace
}  // namespace troth::deploy
