// A data directory on a small disk of its own (a tmpfs in a mount namespace) that somebody else fills: refused by the
// reserve before it is full, served again when there is room, and started again when not a byte is left.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <stdexcept>

#include "proto/transport/io.h"
#include "tests/e2e/banks.h"
#include "tests/e2e/demo/load.h"

namespace troth::e2e {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::uint64_t kMiB = 1'048'576;
constexpr std::uint64_t kBallast = 8 * kMiB;
constexpr std::uint32_t kInFlight = 16;
/// Twice the reserve of 64 MiB, which is no flag.
constexpr const char* kDisk = "size=128m";

/// A mount namespace of our own, in a user namespace where root's rights are missing: what `unshare -rm` does.
bool leave_for_own_mounts() {
  if (::unshare(CLONE_NEWNS) != 0) {
    const std::string user = "0 " + std::to_string(::geteuid()) + " 1";
    const std::string group = "0 " + std::to_string(::getegid()) + " 1";
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    write_file("/proc/self/setgroups", "deny");
    write_file("/proc/self/uid_map", user);
    write_file("/proc/self/gid_map", group);
  }
  return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

constexpr const char* kApart = "TROTH_E2E_OWN_MOUNTS";

/// Before any thread is there, which could not come along; and as a program that was started there, because where a
/// program lies can be read only in the namespace it was started in.
bool run_again_with_own_mounts() {
  if (std::getenv(kApart) != nullptr) return true;
  const std::string self = fs::read_symlink("/proc/self/exe").string();
  std::string words = read_file("/proc/self/cmdline");
  if (!leave_for_own_mounts()) return false;
  std::vector<char*> arguments;
  for (std::size_t at = 0; at < words.size(); at = words.find('\0', at) + 1) arguments.push_back(&words[at]);
  arguments.push_back(nullptr);
  ::setenv(kApart, "1", 1);
  ::execv(self.c_str(), arguments.data());
  throw std::runtime_error("cannot run " + self + " again");
}

class SmallDisk : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { allowed_ = run_again_with_own_mounts(); }

  void SetUp() override {
    if (!allowed_) GTEST_SKIP() << "no mount namespace of our own is allowed here";
    fs::create_directory(disk_);
    if (::mount("tmpfs", disk_.c_str(), "tmpfs", 0, kDisk) != 0) GTEST_SKIP() << "no tmpfs is allowed here";
    fs::create_directory(disk_ + "/data");
    fs::create_directory_symlink(disk_ + "/data", world_.data());
    world_.start(flags_);
    banks_.start_both(world_);
    EXPECT_EQ(fs::file_size(world_.data() + "/ballast"), kBallast);
  }
  void TearDown() override {
    load_.reset();
    world_.kill();
    ::umount2(disk_.c_str(), MNT_DETACH);
  }

  void begin_load(std::uint32_t transfers) {
    transfers_ = demo::draw_transfers(transfers, ::testing::UnitTest::GetInstance()->random_seed());
    load_.emplace(io_, "http://" + world_.listen(), transfers_, kInFlight);
    load_->wait_for(transfers / 4, 20s);
  }
  /// bank-b stands still, so what is under way can neither commit nor abort: prepared at bank-a, asked for at bank-b.
  void hold_work_in_doubt() {
    banks_.process(kBankB).signal(SIGSTOP);
    ASSERT_TRUE(World::eventually([this] { return demo::prepared_in(banks_.database(kBankA)) > 0; }));
  }
  void let_work_go_on() { banks_.process(kBankB).signal(SIGCONT); }

  std::uint64_t free_bytes() const {
    struct statvfs info {};
    EXPECT_EQ(::statvfs(disk_.c_str(), &info), 0);
    return info.f_bavail * info.f_frsize;
  }
  /// Somebody else takes all but `left` of the disk, or every byte there is.
  void fill(std::uint64_t left) const {
    const int fd = ::open(hog_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_GE(fd, 0);
    const auto size = static_cast<std::uint64_t>(::lseek(fd, 0, SEEK_END));
    const std::uint64_t room = free_bytes();
    ASSERT_GT(room, left);
    EXPECT_EQ(::posix_fallocate(fd, 0, static_cast<off_t>(size + room - left)), 0);
    ::close(fd);
  }
  void fill_to_the_last_byte() const {
    const int fd = ::open(hog_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    ASSERT_GE(fd, 0);
    static constexpr std::array<char, 4096> kPage{};
    while (::write(fd, kPage.data(), kPage.size()) > 0) {
    }
    ::close(fd);
    EXPECT_EQ(free_bytes(), 0U);
  }
  void free_all() const { fs::remove(hog_); }

  bool is_ready() { return world_.get("/readyz").status == 200; }
  /// New work is refused, and everybody can read why.
  void expect_refused_for_the_disk() {
    ASSERT_TRUE(World::eventually([this] { return !is_ready(); }));
    EXPECT_TRUE(is_problem(world_.get("/readyz"), 503, "disk-full")) << world_.get("/readyz").body;
    EXPECT_NE(world_.get("/readyz?verbose").body.find("[-]disk the log's disk is nearly full"), std::string::npos);
    const auto refused = world_.post("/v1/transactions", transfer(1));
    EXPECT_TRUE(is_problem(refused, 503, "disk-full")) << refused.status << refused.body;
    EXPECT_EQ(world_.get("/livez").status, 200);
  }
  void expect_nothing_in_doubt() {
    EXPECT_TRUE(World::eventually([this] {
      return banks_.prepared() == 0 &&
             world_.get("/v1/transactions?state=in_doubt").body.find("\"transactions\":[]") != std::string::npos;
    }));
  }
  /// Service has come back: all transfers are made, and the books are what everybody was told.
  void expect_all_told_and_true() {
    EXPECT_TRUE(World::eventually([this] { return is_ready(); }));
    const auto count = static_cast<std::uint32_t>(transfers_.size());
    ASSERT_EQ(load_->wait_for(count, 60s), count);
    expect_nothing_in_doubt();
    EXPECT_EQ(world_.stop().code, 0);
    for (const std::string& wrong : demo::mismatches(banks_.databases(), transfers_, load_->told()))
      ADD_FAILURE() << wrong;
    EXPECT_EQ(banks_.money(), kMoney);
    EXPECT_GT(demo::transfers_in(banks_.database(kBankA)), count / 2);
  }

  const std::vector<std::string> flags_{"--ballast-bytes", std::to_string(kBallast)};
  World world_;
  const std::string disk_ = world_.file("disk");
  const std::string hog_ = disk_ + "/hog";
  Banks banks_;
  transport::Io io_;
  std::vector<demo::Transfer> transfers_;
  std::optional<demo::Load> load_;

 private:
  static inline bool allowed_ = false;
};

TEST_F(SmallDisk, NewWorkIsRefusedByTheReserveOldWorkEndsAndServiceComesBackByItself) {
  begin_load(1'000);
  hold_work_in_doubt();
  fill(32 * kMiB);
  expect_refused_for_the_disk();
  let_work_go_on();
  expect_nothing_in_doubt();
  EXPECT_FALSE(is_ready());
  EXPECT_LT(load_->wait_for(1'000, 0s), 1'000U) << "nothing was left to refuse";
  free_all();
  expect_all_told_and_true();
}

TEST_F(SmallDisk, FilledToTheLastByteItStopsAndTheNextStartFinishesWhatIsInDoubt) {
  begin_load(1'000);
  hold_work_in_doubt();
  fill_to_the_last_byte();
  let_work_go_on();
  const Ended ended = world_.wait_for_end();
  EXPECT_EQ(ended.code, 70) << ended.said;
  EXPECT_NE(ended.said.find("the log could not be written: "), std::string::npos) << ended.said;
  EXPECT_TRUE(fs::exists(world_.data() + "/ballast")) << "it filled up before, of other things";
  fill_to_the_last_byte();
  world_.start(flags_);
  EXPECT_FALSE(fs::exists(world_.data() + "/ballast"));
  for (const char* name : {kBankA, kBankB}) world_.wait_until_connected(name);
  expect_nothing_in_doubt();
  expect_refused_for_the_disk();
  free_all();
  expect_all_told_and_true();
  EXPECT_EQ(fs::file_size(world_.data() + "/ballast"), kBallast);
}

TEST_F(SmallDisk, FilledToTheLastByteUnderLoadItStopsOrGoesOnAndLosesNothing) {
  begin_load(1'000);
  fill_to_the_last_byte();
  const auto lists_nothing = [this](const char* state) {
    return world_.get(std::string("/v1/transactions?state=") + state).body.find("\"transactions\":[]") !=
           std::string::npos;
  };
  bool stopped = false;
  EXPECT_TRUE(World::eventually([&] {
    const int status = world_.get("/readyz").status;
    stopped = status == 0;
    return stopped || (status == 503 && lists_nothing("preparing") && lists_nothing("committing"));
  }));
  if (stopped) {
    EXPECT_EQ(world_.wait_for_end().code, 70);
    world_.start(flags_);
    for (const char* name : {kBankA, kBankB}) world_.wait_until_connected(name);
  }
  expect_refused_for_the_disk();
  expect_nothing_in_doubt();
  free_all();
  expect_all_told_and_true();
}

TEST_F(SmallDisk, WithoutRoomForItsStartItSaysSoChangesNothingAndLosesNothing) {
  begin_load(600);
  hold_work_in_doubt();
  world_.kill();
  fs::remove(world_.data() + "/ballast");
  fill_to_the_last_byte();
  const auto before = contents(world_.data());
  const Ended ended = world_.run_to_end({"--data-dir", world_.data(), "--listen", world_.listen()});
  EXPECT_EQ(ended.code, 70) << ended.said;
  EXPECT_EQ(std::count(ended.said.begin(), ended.said.end(), '\n'), 1) << ended.said;
  EXPECT_NE(ended.said.find("when the disk is sound and has space, start again"), std::string::npos) << ended.said;
  EXPECT_TRUE(contents(world_.data()) == before) << "the refused start changed the data directory";
  free_all();
  let_work_go_on();
  world_.start(flags_);
  expect_all_told_and_true();
}

}  // namespace
}  // namespace troth::e2e
