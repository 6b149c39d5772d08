#include "proto/transport/io.h"

#include <gtest/gtest.h>

#include <csignal>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

namespace troth::transport {
namespace {

constexpr auto kSoon = std::chrono::seconds(30);

TEST(Io, RunsWhatIsPostedInOrderOnOneOtherThread) {
  Io io;
  std::promise<std::vector<int>> done;
  std::vector<int> order;
  std::thread::id thread;
  for (int n = 0; n < 100; ++n) io.post([&, n] { order.push_back(n); });
  io.post([&] {
    thread = std::this_thread::get_id();
    done.set_value(order);
  });
  auto future = done.get_future();
  ASSERT_EQ(future.wait_for(kSoon), std::future_status::ready);
  const std::vector<int> seen = future.get();
  ASSERT_EQ(seen.size(), 100u);
  for (int n = 0; n < 100; ++n) EXPECT_EQ(seen[n], n);
  EXPECT_NE(thread, std::this_thread::get_id());
}

TEST(Io, WaitsBeforeItRunsWhatCameWithADelay) {
  Io io;
  std::promise<void> done;
  const auto began = std::chrono::steady_clock::now();
  io.after(30, [&] { done.set_value(); });
  ASSERT_EQ(done.get_future().wait_for(kSoon), std::future_status::ready);
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(30));
}

TEST(Io, StopsTwiceWithTimersOpenAndRunsNothingAfterwards) {
  Io io;
  bool ran = false;
  io.after(3'600'000, [&] { ran = true; });
  io.stop();
  io.stop();
  io.post([&] { ran = true; });
  io.after(0, [&] { ran = true; });
  EXPECT_FALSE(ran);
}

TEST(Io, RunsWhatWasPostedBeforeItStops) {
  Io io;
  bool ran = false;
  io.post([&] { ran = true; });
  io.stop();
  EXPECT_TRUE(ran);
}

TEST(Io, HandsOverEverySignal) {
  Io io;
  std::promise<int> first;
  std::promise<int> second;
  int count = 0;
  io.on_signal([&](int number) { (++count == 1 ? first : second).set_value(number); });
  ::raise(SIGTERM);
  auto one = first.get_future();
  ASSERT_EQ(one.wait_for(kSoon), std::future_status::ready);
  EXPECT_EQ(one.get(), SIGTERM);
  ::raise(SIGINT);
  auto two = second.get_future();
  ASSERT_EQ(two.wait_for(kSoon), std::future_status::ready);
  EXPECT_EQ(two.get(), SIGINT);
}

}  // namespace
}  // namespace troth::transport
