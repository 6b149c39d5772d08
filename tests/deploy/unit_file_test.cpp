// The unit file and the example configuration: what reads them takes them.
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>

#include "proto/values/limits.h"
#include "tests/deploy/tools.h"

namespace troth::deploy {
namespace {

std::string trothd() {
  return demo::with_programs({}).trothd;
}

std::string unit() {
  return read_source("deploy/systemd/trothd.service");
}

TEST(ExampleConfig, IsTakenByTrothd) {
  const auto checked = run({trothd(), "--config", source_file("deploy/trothd.toml"), "--check-config"});
  EXPECT_EQ(checked.code, 0) << checked.said;
}

/// What it says in comments is true: with them taken away it still is a configuration, key by key.
TEST(ExampleConfig, IsTakenWithItsCommentsToo) {
  const e2e::TempDir dir;
  const std::string text = read_source("deploy/trothd.toml");
  const std::string all = std::regex_replace(text, std::regex("\n# ([a-z_]+ = )"), "\n$1");
  ASSERT_NE(all, text);
  e2e::write_file(dir.file("all.toml"), all);
  const auto checked = run({trothd(), "--config", dir.file("all.toml"), "--check-config"});
  EXPECT_EQ(checked.code, 0) << checked.said;
  e2e::write_file(dir.file("all.toml"), all + "max_lives = 1\n");
  EXPECT_EQ(run({trothd(), "--config", dir.file("all.toml"), "--check-config"}).code, 2);
}

/// An exit code after which systemd must not start it again is one of those that do not get better, and all of them.
TEST(UnitFile, KnowsTheExitCodes) {
  EXPECT_NE(unit().find("\nRestart=on-failure\n"), std::string::npos);
  EXPECT_NE(unit().find("\nRestartPreventExitStatus=2 71 72 73 74\n"), std::string::npos);
  EXPECT_NE(unit().find("\nType=notify\n"), std::string::npos);
}

/// What it waits for at a stop is longer than what trothd needs by default; for longer drains trothd asks itself.
TEST(UnitFile, WaitsLongerThanADrain) {
  std::smatch found;
  const std::string text = unit();
  ASSERT_TRUE(std::regex_search(text, found, std::regex("\nTimeoutStopSec=([0-9]+)s\n")));
  EXPECT_GE(std::stoll(found[1]) * 1'000, 2 * Limits{}.drain_ms);
}

TEST(UnitFile, PassesSystemdAnalyze) {
  if (run({"/bin/sh", "-c", "command -v systemd-analyze"}).code != 0)
    GTEST_SKIP() << "there is no systemd-analyze here";
  const e2e::TempDir dir;
  const std::string there = std::regex_replace(unit(), std::regex("/usr/bin/trothd"), trothd());
  ASSERT_NE(there, unit());
  e2e::write_file(dir.file("trothd.service"), there);
  const std::vector<std::string> verify{"/bin/sh", "-c", "systemd-analyze verify --man=no \"$0\"",
                                        dir.file("trothd.service")};
  const auto checked = run(verify);
  EXPECT_EQ(checked.code, 0) << checked.said;
  EXPECT_EQ(checked.said, "");
  e2e::write_file(dir.file("trothd.service"), there + "NoSuchThing=yes\n");
  EXPECT_NE(run(verify).said, "") << "this check could not have failed";
}

}  // namespace
}  // namespace troth::deploy
