// When trothd says that it began, also where it sees of /proc what the unit lets it see.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "proto/transport/http_client.h"
#include "tests/deploy/tools.h"

namespace troth::deploy {
namespace {

double wall_clock() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

double started_at(const transport::HttpResult& scraped) {
  const std::string name = "\nprocess_start_time_seconds ";
  const auto at = scraped.body.find(name);
  return at == std::string::npos ? -1 : std::strtod(scraped.body.c_str() + at + name.size(), nullptr);
}

/// Starts trothd by what `command` begins with.
void expect_true_start_time(std::vector<std::string> command) {
  constexpr double kTicksAndClocks = 2;
  const e2e::TempDir dir;
  std::filesystem::create_directories(dir.file("data"));
  const auto trothd = demo::with_programs({}).trothd;
  for (const auto& word : {trothd, std::string("--data-dir"), dir.file("data"), std::string("--listen"),
                           std::string("127.0.0.1:0"), std::string("--port-file"), dir.file("port")}) {
    command.push_back(word);
  }
  const double before = wall_clock();
  const demo::Process process(command, dir.file("log"));
  ASSERT_TRUE(e2e::World::eventually([&] { return std::filesystem::exists(dir.file("port")); }))
      << e2e::read_file(dir.file("log"));
  const double after = wall_clock();

  transport::Io io;
  transport::HttpClient client(io, "http://127.0.0.1:" + std::to_string(std::stoi(e2e::read_file(dir.file("port")))),
                               1);
  const double first = started_at(client.call("GET", "/metrics", {}, {}, 20'000));
  EXPECT_GT(first, before - kTicksAndClocks);
  EXPECT_LT(first, after + kTicksAndClocks);
  EXPECT_EQ(started_at(client.call("GET", "/metrics", {}, {}, 20'000)), first) << "it would look like a restart";
}

TEST(StartTime, IsWhenTheProcessBegan) {
  expect_true_start_time({});
}

/// ProcSubset=pid: no /proc/stat.
TEST(StartTime, IsKnownUnderTheUnit) {
  ASSERT_NE(read_source("deploy/systemd/trothd.service").find("\nProcSubset=pid\n"), std::string::npos);
  const std::string mount = "mount -t proc -o subset=pid proc /proc && ";
  const std::vector<std::string> unshare{"/usr/bin/env", "unshare", "-rmpf", "--kill-child", "sh", "-c"};
  auto probe = unshare;
  probe.push_back(mount + "! test -e /proc/stat");
  if (run(probe).code != 0) GTEST_SKIP() << "namespaces are not allowed here";
  auto command = unshare;
  command.push_back(mount + R"(exec "$0" "$@")");
  expect_true_start_time(command);
}

}  // namespace
}  // namespace troth::deploy
