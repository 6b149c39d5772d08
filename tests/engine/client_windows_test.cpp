#include "coordinator/engine/client_windows.h"

#include <gtest/gtest.h>

namespace troth::engine {
namespace {

std::string name(std::size_t i) {
  return "session-" + std::to_string(i);
}

TEST(ClientWindows, IdleSessionsMakeRoomAndAreNeverTakenForFreshOnes) {
  ClientWindows windows({}, 0);
  for (std::size_t i = 0; i < ClientWindows::kMaxSessions; ++i) {
    ASSERT_TRUE(windows.touch(name(i), 0, 0));
    windows.begun(name(i), 1, TransactionId{});
  }
  EXPECT_FALSE(windows.touch("another", 0, ClientWindows::kIdleMs)) << "nobody is idle yet";
  EXPECT_TRUE(windows.touch("another", 0, ClientWindows::kIdleMs + 1));
  EXPECT_TRUE(windows.may_be_forgotten(name(7), 2, false));
  EXPECT_TRUE(windows.may_be_forgotten(name(7), 1, true));
  EXPECT_FALSE(windows.may_be_forgotten("fresh", 1, false));
  EXPECT_FALSE(windows.may_be_forgotten("another", 2, false));
}

TEST(ClientWindows, ASessionThatAcknowledgesNothingBeginsNothingNew) {
  ClientWindows windows({}, 0);
  for (std::uint64_t i = 1; i <= ClientWindows::kMaxUnacked; ++i) windows.begun("s", i, TransactionId{{}, 0, {}, i});
  EXPECT_FALSE(windows.touch("s", 0, 1));
  EXPECT_EQ(windows.find("s", 1)->sequence, 1u) << "what it began is still answered";
  EXPECT_TRUE(windows.touch("s", 10, 2));
}

}  // namespace
}  // namespace troth::engine
