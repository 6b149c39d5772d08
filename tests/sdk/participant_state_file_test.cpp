#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "participant-sdk/runtime/fence.h"
#include "participant-sdk/runtime/outgoing.h"

namespace troth::sdk {
namespace {

class StateFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "troth-state-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    path_ = directory_ / "seen.troth";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string bytes() const {
    std::ostringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }
  void put(const std::string& bytes) const { std::ofstream(path_) << bytes; }

  std::filesystem::path directory_;
  std::filesystem::path path_;
};

void put_two(const StateFile& file) {
  file.update([](std::vector<Seen>& all) { all = {{LogId{0x1234}, 3, 77, 118'204}, {LogId{9}, 1, 0, 0}}; });
}

TEST_F(StateFileTest, WhatWasSavedIsLoaded) {
  const StateFile file(path_);
  put_two(file);
  const auto loaded = file.load();
  ASSERT_EQ(loaded.size(), 2u);
  EXPECT_EQ(loaded[0].log, LogId{0x1234});
  EXPECT_EQ(loaded[0].epoch, 3u);
  EXPECT_EQ(loaded[0].nonce, 77u);
  EXPECT_EQ(loaded[0].lsn, 118'204u);
}

TEST_F(StateFileTest, NoFileIsNothingSeen) {
  EXPECT_TRUE(StateFile(path_).load().empty());
}

TEST_F(StateFileTest, AnyTornFileIsRefused) {
  put_two(StateFile(path_));
  const std::string whole = bytes();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    put(whole.substr(0, length));
    EXPECT_THROW(StateFile(path_).load(), std::runtime_error) << "length " << length;
  }
}

TEST_F(StateFileTest, AnyChangedByteIsRefused) {
  put_two(StateFile(path_));
  const std::string whole = bytes();
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    put(changed);
    EXPECT_THROW(StateFile(path_).load(), std::runtime_error) << "byte " << at;
  }
}

TEST_F(StateFileTest, AnUnfinishedReplacementLeavesTheOldFile) {
  put_two(StateFile(path_));
  std::ofstream(path_.string() + ".new") << "half a fi";
  EXPECT_EQ(StateFile(path_).load().size(), 2u);
}

TEST_F(StateFileTest, RememberKeepsTheHighestLsnOfALog) {
  {
    FileSeen store(path_);
    store.remember({LogId{5}, 1, 8, 100});
    store.remember({LogId{5}, 2, 9, 40});
  }
  const auto seen = FileSeen(path_).load();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].epoch, 2u);
  EXPECT_EQ(seen[0].lsn, 100u);
}

TEST_F(StateFileTest, AnEpochNeverGoesDownAndItsNonceNeverChanges) {
  FileSeen store(path_);
  store.remember({LogId{5}, 4, 2, 100});
  store.remember({LogId{5}, 3, 9, 120});
  store.remember({LogId{5}, 4, 7, 110});
  const auto seen = FileSeen(path_).load();
  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].epoch, 4u);
  EXPECT_EQ(seen[0].nonce, 2u);
  EXPECT_EQ(seen[0].lsn, 120u);
}

TEST_F(StateFileTest, InstancesThatShareAFileKeepWhatEachOfThemSaw) {
  FileSeen one(path_), other(path_);
  one.remember({LogId{5}, 4, 2, 100});
  other.remember({LogId{6}, 1, 1, 7});
  other.remember({LogId{5}, 3, 9, 0});
  for (auto* store : {&one, &other}) {
    const auto seen = store->load();
    ASSERT_EQ(seen.size(), 2u);
    const auto& of_five = seen[0].log == LogId{5} ? seen[0] : seen[1];
    EXPECT_EQ(of_five.epoch, 4u);
    EXPECT_EQ(of_five.nonce, 2u);
  }
}

TEST_F(StateFileTest, WritersAtTheSameTimeLeaveAWholeFileWithTheHighestOfEach) {
  constexpr std::uint32_t kRounds = 20;
  std::vector<std::thread> writers;
  for (std::uint64_t log = 1; log <= 4; ++log) {
    writers.emplace_back([&, log] {
      FileSeen store(path_);
      for (std::uint32_t epoch = 1; epoch <= kRounds; ++epoch) store.remember({LogId{log}, epoch, 1, epoch});
    });
  }
  for (auto& writer : writers) writer.join();
  const auto seen = FileSeen(path_).load();
  EXPECT_EQ(seen.size(), 4u);
  for (const Seen& one : seen) EXPECT_EQ(one.epoch, kRounds);
}

TEST_F(StateFileTest, OfManyLogsTheLatestAreKept) {
  FileSeen store(path_);
  for (std::uint64_t log = 1; log <= kMaxLogs + 10; ++log) {
    store.remember({LogId{log}, 1, 1, 0});
    store.remember({LogId{1}, 1, 1, log});  // seen again and again: never the oldest
  }
  const auto seen = FileSeen(path_).load();
  ASSERT_EQ(seen.size(), kMaxLogs);
  const auto has = [&](LogId log) {
    return std::any_of(seen.begin(), seen.end(), [&](const Seen& one) { return one.log == log; });
  };
  EXPECT_TRUE(has(LogId{1}));
  EXPECT_FALSE(has(LogId{2}));
  EXPECT_TRUE(has(LogId{kMaxLogs + 10}));
}

TEST(Fence, RefusesLowerEpochsAndTheSameEpochWithAnotherNonce) {
  const std::vector<Seen> seen{{LogId{5}, 3, 8, 0}};
  session::Welcome welcome;
  welcome.log = LogId{5};
  welcome.epoch = {2, 8};
  EXPECT_NE(refusal(seen, welcome), "");
  welcome.epoch = {3, 9};
  EXPECT_NE(refusal(seen, welcome), "");
  welcome.epoch = {3, 8};
  EXPECT_EQ(refusal(seen, welcome), "");
  welcome.epoch = {4, 1};
  EXPECT_EQ(refusal(seen, welcome), "");
  welcome.log = LogId{6};
  welcome.epoch = {1, 1};
  EXPECT_EQ(refusal(seen, welcome), "");
}

session::Welcome welcome_with(std::uint32_t window, std::uint32_t max_messages) {
  session::Welcome welcome;
  welcome.window = window;
  welcome.max_messages = max_messages;
  welcome.max_frame_bytes = 1 << 20;
  return welcome;
}

TEST(Outgoing, AnswersLeaveBeforeEnlistsAndFramesKeepTheirLimit) {
  Outgoing out;
  out.reset(welcome_with(10, 2));
  out.enlist(session::Enlist{});
  for (int i = 0; i < 3; ++i) out.answer(session::Ack{});
  EXPECT_EQ(out.next().size(), 2u);
  const auto second = out.next();
  ASSERT_EQ(second.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<session::Ack>(second[0]));
  EXPECT_TRUE(std::holds_alternative<session::Enlist>(second[1]));
  EXPECT_TRUE(out.next().empty());
}

TEST(Outgoing, AnEnlistNobodyWaitsForDoesNotLeave) {
  Outgoing out;
  out.reset(welcome_with(1, 100));
  const TransactionId first{LogId{7}, 0, {3, 9}, 1}, second{LogId{7}, 0, {3, 9}, 2};
  out.enlist({first, "k"});
  out.enlist({second, "k"});
  EXPECT_EQ(out.next().size(), 1u);
  out.drop_enlist({second, "k"});
  out.add_enlist_credit(1);
  EXPECT_TRUE(out.next().empty());
}

TEST(Outgoing, EnlistsStopAtTheWindowUntilCredit) {
  Outgoing out;
  out.reset(welcome_with(1, 100));
  out.enlist(session::Enlist{});
  out.enlist(session::Enlist{});
  EXPECT_EQ(out.next().size(), 1u);
  EXPECT_TRUE(out.next().empty());
  out.add_enlist_credit(1);
  EXPECT_EQ(out.next().size(), 1u);
}

TEST(Outgoing, RecoverIsCutIntoPagesAndOnlyTheLastSaysSo) {
  Outgoing out;
  out.reset(welcome_with(1, 1));
  out.recover(std::vector<BranchId>(10'000));
  std::size_t listed = 0;
  bool last = false;
  while (true) {
    const auto frame = out.next();
    if (frame.empty()) break;
    EXPECT_FALSE(last);
    const auto& page = std::get<session::Recover>(frame.at(0));
    listed += page.branches.size();
    last = page.last;
  }
  EXPECT_EQ(listed, 10'000u);
  EXPECT_TRUE(last);
}

}  // namespace
}  // namespace troth::sdk
