// Type=notify: what a service manager hears from a real trothd, over a real socket.
#include "coordinator/server/notify.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <regex>

#include "tests/deploy/manager.h"
#include "tests/e2e/world.h"

namespace troth::deploy {
namespace {

std::string ready_line_of(const e2e::World& world) {
  std::smatch found;
  const std::string said = e2e::read_file(world.log());
  return std::regex_search(said, found, std::regex("trothd \\S+ ready on [^\n]*")) ? found.str() : "no ready line";
}

TEST(Notify, TellsAManagerThatItServesAndThatItStops) {
  e2e::World world;
  const Manager manager(world.file("notify"));
  world.start({"--drain-ms", "7000"});
  const std::string ready = manager.hear();
  EXPECT_EQ(ready, "READY=1\nSTATUS=" + ready_line_of(world) + "\n");
  EXPECT_EQ(world.stop().code, 0);
  EXPECT_EQ(manager.hear(), "STOPPING=1\nEXTEND_TIMEOUT_USEC=127000000\nSTATUS=draining\n");
}

TEST(Notify, TakesASocketWithoutAFile) {
  e2e::World world;
  const Manager manager("@troth-notify-" + std::to_string(::getpid()));
  world.start();
  EXPECT_EQ(manager.hear().rfind("READY=1\n", 0), 0u);
}

TEST(Notify, AStartThatMakesProgressIsGivenMoreTime) {
  const e2e::TempDir dir;
  const Manager manager(dir.file("notify"));
  server::notify_starting("recovering: read 16384 of 40000 records");
  EXPECT_EQ(manager.hear(), "EXTEND_TIMEOUT_USEC=120000000\nSTATUS=recovering: read 16384 of 40000 records\n");
}

TEST(Notify, AManagerThatIsNotThereChangesNothing) {
  e2e::World world;
  for (const char* socket : {"/nowhere/notify", "not a socket", "", "@"}) {
    ::setenv("NOTIFY_SOCKET", socket, 1);
    world.start();
    EXPECT_EQ(world.stop().code, 0) << socket;
  }
  ::unsetenv("NOTIFY_SOCKET");
}

}  // namespace
}  // namespace troth::deploy
