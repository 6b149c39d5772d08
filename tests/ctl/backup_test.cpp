// `log backup` against a coordinator in this process, and the route behind it: who gets one, who is refused, and that
// nothing is left of what was cut off.
#include <gtest/gtest.h>

#include <filesystem>
#include <future>

#include "coordinator/server/backup_desk.h"
#include "tests/ctl/run.h"
#include "tests/recovery/history.h"
#include "tests/recovery/real_log.h"
#include "tests/server/live_server.h"

namespace troth::ctl {
namespace {

namespace fs = std::filesystem;
using recovery::testing::TempDir;
using test::LiveServer;

/// Descriptors of this process on a backup, also on one whose name is gone.
int open_copies() {
  int open = 0;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    open += fs::read_symlink(entry.path(), gone).string().find("backup.tmp") != std::string::npos ? 1 : 0;
  }
  return open;
}

class Backups : public ::testing::Test {
 protected:
  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(server_.port()); }
  bool left_something() const { return fs::exists(server_.config().data_dir + "/backup.tmp") || open_copies() != 0; }
  Ran back_up(const std::string& from) { return run({"log", "backup", "--to", dir_.file("b"), "--endpoint", from}); }

  TempDir dir_;
  LiveServer server_;
};

TEST_F(Backups, AFileThatIsProvenComesOutAndNothingStays) {
  server_.begin();
  const Ran ran = back_up(endpoint());
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(ran.out.find("epoch 1") != std::string::npos) << ran.out;
  EXPECT_EQ(run({"log", "verify", dir_.file("b")}).code, 0);
  EXPECT_FALSE(fs::exists(dir_.file("b.part")));
  EXPECT_TRUE(server_.eventually([&] { return !left_something(); }));
  EXPECT_EQ(back_up(endpoint()).code, 2) << "a backup was written over";
}

TEST_F(Backups, NobodyThereIsUnreachableAndLeavesNoFile) {
  EXPECT_EQ(back_up("http://127.0.0.1:1").code, 3);
  EXPECT_FALSE(fs::exists(dir_.file("b.part")));
  EXPECT_FALSE(fs::exists(dir_.file("b")));
  const Ran json = run({"log", "backup", "--to", dir_.file("b"), "--endpoint", "http://127.0.0.1:1", "-o", "json"});
  EXPECT_EQ(json.err.find(R"({"type":"urn:troth:ctl:unreachable")"), 0u) << json.err;
}

TEST_F(Backups, TheNextEndpointIsTriedWhenOneIsGone) {
  const Ran ran = back_up("http://127.0.0.1:1," + endpoint());
  EXPECT_EQ(ran.code, 0) << ran.err;
}

TEST_F(Backups, TheRouteTakesNoParametersAndNoOtherMethod) {
  EXPECT_EQ(server_.post("/v1/log/backup?when=now").status, 400);
  EXPECT_EQ(server_.get("/v1/log/backup").status, 405);
}

TEST_F(Backups, ClientsThatGoAwayLeaveNothing) {
  for (int i = 0; i < 5; ++i) {
    test::raw_exchange(server_.port(),
                       "POST /v1/log/backup HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  }
  EXPECT_TRUE(server_.eventually([&] { return !left_something(); }));
}

TEST_F(Backups, AServerThatStopsMeanwhileStopsTheBackupToo) {
  auto asked = std::async(std::launch::async, [this, from = endpoint()] { return back_up(from); });
  server_.stop();
  const Ran ran = asked.get();
  EXPECT_TRUE(ran.code == 0 || ran.code == 3) << ran.code << ran.err;
  EXPECT_EQ(open_copies(), 0);
}

TEST_F(Backups, AnIdInTheGapOfARestoredLogIsShownWithWhatCanBeDone) {
  const std::string id = server_.begin();
  ASSERT_EQ(back_up(endpoint()).code, 0);
  server_.stop();
  const std::string data = server_.config().data_dir;
  fs::remove_all(data);
  const Ran restored = run({"log", "restore", data, "--from", dir_.file("b"), "--above", "1:100000", "--yes"});
  ASSERT_EQ(restored.code, 0) << restored.err;
  server_.restart();
  const Ran shown = run({"tx", "show", id, "--endpoint", endpoint()});
  EXPECT_EQ(shown.code, 5) << shown.out << shown.err;
  EXPECT_NE(shown.err.find("[ask-operator]"), std::string::npos) << shown.err;
  const std::string command = "trothctl --endpoint " + endpoint() + " tx resolve " + id + " --outcome ";
  EXPECT_NE(shown.out.find("$ " + command + "aborted --reason '…'"), std::string::npos) << shown.out;
  EXPECT_NE(shown.err.find(command), std::string::npos) << shown.err;
  const Ran settled = run({"tx", "resolve", id, "--outcome", "aborted", "--reason", "no marker anywhere", "--yes",
                           "--endpoint", endpoint()});
  EXPECT_EQ(settled.code, 0) << settled.err;
  EXPECT_NE(run({"tx", "show", id, "--endpoint", endpoint()}).out.find("outcome\taborted"), std::string::npos);
}

/// A log and the desk on it, without sockets.
class BackupDesk : public ::testing::Test {
 protected:
  using Copied = server::BackupDesk::Copied;
  void SetUp() override { start_.write({fact::EpochStarted{recovery::testing::kFirst, 1, 0}}); }

  TempDir dir_;
  recovery::testing::Start start_{dir_.path()};
  transport::Io io_;
  server::BackupDesk desk_{start_.log(), io_};
};

TEST_F(BackupDesk, ASecondIsRefusedWhileOneIsMade) {
  std::promise<Copied> first;
  std::promise<Copied> second;
  io_.post([&] {  // in one go, so that the first cannot have been heard when the second is asked for
    desk_.begin([&](auto copied) { first.set_value(std::move(copied)); });
    desk_.begin([&](auto copied) { second.set_value(std::move(copied)); });
  });
  const Copied refused = second.get_future().get();
  ASSERT_TRUE(std::holds_alternative<Problem>(refused));
  EXPECT_EQ(std::get<Problem>(refused).slug, Slug::kActionRefused);
  EXPECT_TRUE(std::holds_alternative<std::shared_ptr<transport::BodySource>>(first.get_future().get()));
}

TEST_F(BackupDesk, OneThatIsGivenUpIsDeleted) {
  std::promise<Copied> heard;
  io_.post([&] { desk_.begin([&](auto copied) { heard.set_value(std::move(copied)); })(); });
  heard.get_future().get();
  io_.stop();
  EXPECT_FALSE(fs::exists(dir_.file("backup.tmp")));
  EXPECT_EQ(open_copies(), 0);
}

}  // namespace
}  // namespace troth::ctl
