// The data directory, or the log in it, swapped for an old copy under a running trothd: it stops with 70, nothing that
// was told until then is lost, and what lies in its place is refused or unmasked.
#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "tests/e2e/old_copies.h"

namespace troth::e2e {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// The promise is one second; the rest is room for a machine that is busy with others.
constexpr auto kNoticeWithin = 10s;

class Swapped : public OldCopy {
 protected:
  void make_old_copy() {
    begin();
    copy_to(copy_);
    go_on();
  }
  std::string key() const { return "swap" + std::to_string(told_); }
  /// Transfers go on over the swap until trothd notices it.
  void work_until_it_stops() {
    const auto swapped = std::chrono::steady_clock::now();
    while (const int status = real_.post("/v1/transactions", transfer(1), key()).status) {
      ASSERT_EQ(status, 200);
      ++told_;
      ASSERT_LT(std::chrono::steady_clock::now() - swapped, 20s);
    }
    const Ended ended = real_.wait_for_end();
    EXPECT_LT(std::chrono::steady_clock::now() - swapped, kNoticeWithin);
    EXPECT_EQ(ended.code, 70) << ended.said;
    const auto at = ended.said.find("the log could not be written: " + real_.data() + "/log.1.db: ");
    ASSERT_NE(at, std::string::npos) << ended.said;
    EXPECT_NE(ended.said.find("moved or replaced", at), std::string::npos) << ended.said;
    EXPECT_EQ(ended.said.find('\n', at), ended.said.size() - 1) << "one line, the last: " << ended.said;
  }
  /// What lies in the directory is opened as if nothing had happened, until the banks come back by themselves.
  void expect_old_copy_in_place() {
    real_.start();
    EXPECT_TRUE(World::eventually([this] { return real_.get("/readyz").status == 503; }));
    expect_unmasked(real_);
    EXPECT_EQ(real_.stop().code, 0);
    expect_refused(real_);
  }
  /// Everything that was told is there, and the one that was under way is made once.
  void expect_nothing_lost() {
    real_.start();
    for (const char* name : {kBankA, kBankB}) banks_.start(name, real_);  // a refused bank waits long
    EXPECT_EQ(real_.post("/v1/transactions", transfer(1), key()).status, 200);
    expect_mended(2 + told_ + 1);
  }
  void expect_lost_records() {
    const auto before = contents(real_.data());
    const Ended ended = real_.run_to_end({"--data-dir", real_.data(), "--listen", "127.0.0.1:0"});
    EXPECT_EQ(ended.code, 73) << ended.said;
    EXPECT_NE(ended.said.find("records that somebody was told of are lost"), std::string::npos) << ended.said;
    EXPECT_TRUE(contents(real_.data()) == before) << "the refused start changed the data directory";
  }
  void move_into_data(const std::vector<std::string>& names) const {
    for (const std::string& name : names) fs::rename(copy_ + "/" + name, real_.data() + "/" + name);
  }

  /// Coordinator and banks of its own each time: what a bank holds prepared of a log that is lost stays locked.
  void expect_refused_after(const std::string& command) {
    SCOPED_TRACE(command);
    make_old_copy();
    if (HasFatalFailure()) return;
    ASSERT_EQ(std::system(command.c_str()), 0);
    for (int i = 0; i < 10 && real_.post("/v1/transactions", transfer(1)).status != 0; ++i) ++told_;
    real_.kill();
    expect_lost_records();
  }

  const std::string copy_ = real_.file("copy");
  const std::string kept_ = real_.file("real");
  std::uint64_t told_ = 0;  // transfers said to be committed after the swap
};

TEST_F(Swapped, TheDirectory) {
  make_old_copy();
  fs::rename(real_.data(), kept_);
  fs::rename(copy_, real_.data());
  work_until_it_stops();
  expect_old_copy_in_place();
  fs::rename(real_.data(), copy_);
  fs::rename(kept_, real_.data());
  expect_nothing_lost();
}

TEST_F(Swapped, EveryFileOfIt) {
  make_old_copy();
  move_into_data({"log.1.db", "log.1.db-wal", "head.1", "CURRENT", "RUNNING"});
  work_until_it_stops();
  expect_old_copy_in_place();
}

TEST_F(Swapped, TheDatabaseAloneIsSavedByTheWriteAheadLogBesideIt) {
  make_old_copy();
  move_into_data({"log.1.db"});
  work_until_it_stops();
  expect_nothing_lost();
}

TEST_F(Swapped, TheDatabaseAndItsWriteAheadLogAreRefusedByTheHead) {
  make_old_copy();
  move_into_data({"log.1.db", "log.1.db-wal"});
  work_until_it_stops();
  expect_lost_records();
}

// The limit of what a running trothd notices: the -wal alone. What it tells from then on is lost, and that is what the
// next start says.

TEST_F(Swapped, LimitAnOldWriteAheadLogMayGoUnnoticedUntilTheNextStartRefuses) {
  expect_refused_after("mv " + copy_ + "/log.1.db-wal " + real_.data());
}

TEST_F(Swapped, LimitADeletedWriteAheadLogMayGoUnnoticedUntilTheNextStartRefuses) {
  expect_refused_after("rm " + real_.data() + "/log.1.db-wal");
}

TEST_F(Swapped, LimitAnOldCopyWrittenOverItMayGoUnnoticedUntilTheNextStartRefuses) {
  expect_refused_after("cp -a " + copy_ + "/. " + real_.data());
}

}  // namespace
}  // namespace troth::e2e
