// The minimal participant of the README, by its four functions.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <sstream>

#define main minimal_main
#include "participant-sdk/examples/minimal.cpp"
#undef main

namespace troth::sdk {
namespace {

class MinimalTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "troth-minimal-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    before_ = std::filesystem::current_path();
    std::filesystem::current_path(directory_);
    stock_ = std::make_unique<Stock>();
    branch_.id = {{LogId{7}, 0, {3, 9}, 40}, 1};
    branch_.payload = R"({"item":1})";
  }
  void TearDown() override {
    stock_.reset();
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(directory_);
  }
  std::filesystem::path file(const char* state = "") const { return "stock/" + to_text(branch_.id) + state; }

  std::filesystem::path directory_, before_;
  std::unique_ptr<Stock> stock_;
  Branch branch_;
};

TEST_F(MinimalTest, APreparedReservationIsInDoubtWithItsPayloadUntilItIsSettled) {
  EXPECT_EQ(stock_->prepare(branch_).kind(), Vote::kCommit);
  EXPECT_EQ(stock_->in_doubt(), std::vector{branch_.id});
  std::ostringstream kept;
  kept << std::ifstream(file()).rdbuf();
  EXPECT_EQ(kept.str(), branch_.payload);
  EXPECT_EQ(stock_->commit(branch_), Ack::kCommitted);
  EXPECT_EQ(stock_->commit(branch_), Ack::kCommitted);
  EXPECT_TRUE(stock_->in_doubt().empty());
}

TEST_F(MinimalTest, AfterAnAbortALatePrepareIsRefused) {
  branch_.payload.clear();
  EXPECT_EQ(stock_->abort(branch_), Ack::kAborted);
  EXPECT_EQ(stock_->prepare(branch_).kind(), Vote::kAbort);
  EXPECT_EQ(stock_->abort(branch_), Ack::kAborted);
  EXPECT_EQ(stock_->commit(branch_), Ack::kUnknownBranch);
}

TEST_F(MinimalTest, AnAbortedReservationIsNoLongerInDoubt) {
  EXPECT_EQ(stock_->prepare(branch_).kind(), Vote::kCommit);
  EXPECT_EQ(stock_->abort(branch_), Ack::kAborted);
  EXPECT_TRUE(stock_->in_doubt().empty());
  EXPECT_EQ(stock_->prepare(branch_).kind(), Vote::kAbort);
}

TEST_F(MinimalTest, WhatACrashLeftHalfWrittenIsNotInDoubt) {
  std::ofstream(file(".draft")) << "{";
  std::ofstream("stock/lost+found") << "stray";
  EXPECT_TRUE(stock_->in_doubt().empty());
  EXPECT_EQ(stock_->prepare(branch_).kind(), Vote::kCommit);
}

TEST_F(MinimalTest, ADiskThatRefusesIsNeverAVoteToCommit) {
  std::filesystem::create_directory(file(".draft"));  // no file can be written there
  EXPECT_ANY_THROW(stock_->prepare(branch_));
  EXPECT_TRUE(stock_->in_doubt().empty());
}

}  // namespace
}  // namespace troth::sdk
