// Logs that may not be started as they are, made into logs that may: what is then said about every id.
#include "recovery/remake.h"

#include <filesystem>

#include "tests/recovery/history.h"
#include "tests/recovery/real_log.h"
#include "wal/head.h"

namespace troth::recovery {
namespace {

using namespace testing;
namespace fs = std::filesystem;

constexpr EpochId kThird{3, 300};
constexpr EpochId kOnTheCopy{3, 333};

fact::AbortTold presumed(const TransactionId& id, const std::string& key) {
  auto told = abort_told(id, key);
  told.reason = AbortReason::kRestart;
  return told;
}

/// Two epochs in which each thing that can be known of an id happened once; the second still ran when it was copied.
std::vector<Fact> history() {
  auto callback = prepare_started(id_of(4, kSecond));
  callback.origin.key = "key-4";
  return {fact::EpochStarted{kFirst, 1, 0},
          prepare_started(id_of(1)),
          presumed(id_of(1), "key-1"),  // told by the second start, long before the copy was made
          committed(id_of(2), "key-2"),
          fact::Ended{{id_of(1), id_of(2)}},
          fact::EpochStarted{kSecond, 6, 0},
          committed(id_of(1, kSecond)),
          committed(id_of(2, kSecond), "key-2-2"),
          fact::Ended{{id_of(2, kSecond)}},
          abort_told(id_of(3, kSecond), "key-3"),
          callback,
          one_phase_started(id_of(5, kSecond))};
}

class Restore : public ::testing::Test {
 protected:
  std::string data() const { return dir_.file("data"); }

  /// A copy of the data directory was started: in its own third epoch it presumed an abort, then it was unmasked.
  void make_old_copy() {
    make_killed_log(data(), history());
    Start start(data());
    start.write({fact::EpochStarted{kOnTheCopy, start.last_lsn() + 1, 0}, presumed(id_of(4, kSecond), "key-4"),
                 fact::Ended{{id_of(4, kSecond)}}});
    start.end_in_order();
    write_file(data() + "/OLD-COPY", "unmasked\n");
  }
  std::unique_ptr<Remake> plan(const Above& above, std::optional<std::uint32_t> copied_in = {}) {
    return plan_restore({data(), {}, above, copied_in, 0});
  }

  TempDir dir_;
};

TEST_F(Restore, AnOldCopyKnowsWhatItHoldsAndAdmitsTheRest) {
  make_old_copy();
  EXPECT_EQ(Start::refusal(data()).exit_code, wal::kExitDamaged);
  auto remake = plan({3, 1'000}, 2);
  remake->carry_out();
  EXPECT_EQ(remake->plan().unpresumed, 1u);
  remake.reset();  // lets go of the directory

  Start start(data());
  const Known& known = start.known();
  EXPECT_EQ(next_epoch(known), 4u);
  EXPECT_GE(start.last_lsn(), 1'000u);
  EXPECT_EQ(status_of(known, id_of(1)), IdStatus::kAborted);  // told, and from before the copy
  EXPECT_EQ(status_of(known, id_of(2)), IdStatus::kBitOnly);
  EXPECT_EQ(status_of(known, id_of(77)), IdStatus::kAborted);  // the first epoch is known to its end
  EXPECT_EQ(status_of(known, id_of(1, kSecond)), IdStatus::kLive);
  EXPECT_EQ(decision_of(known, id_of(1, kSecond)), DecisionKind::kCommit);
  EXPECT_EQ(status_of(known, id_of(2, kSecond)), IdStatus::kBitOnly);
  EXPECT_EQ(status_of(known, id_of(3, kSecond)), IdStatus::kAborted);
  for (const auto& id :
       {id_of(4, kSecond), id_of(5, kSecond), id_of(77, kSecond), id_of(1, kThird), id_of(1, kOnTheCopy)}) {
    EXPECT_EQ(status_of(known, id), IdStatus::kGapUnknown) << to_text(id);
    EXPECT_EQ(decision_of(known, id), DecisionKind::kUnknown) << to_text(id);
  }
  for (const char* key : {"key-1", "key-2", "key-2-2", "key-3"}) EXPECT_TRUE(start.has_key(key)) << key;
  EXPECT_FALSE(start.has_key("key-4")) << "an abort that nobody may presume is found by its key";
  const auto begun = known.live.find(id_of(4, kSecond));
  ASSERT_TRUE(begun != known.live.end());
  EXPECT_EQ(std::get<fact::PrepareStarted>(begun->second).origin.key, "key-4") << "and it must not begin anew";
}

TEST_F(Restore, WithoutTheEpochOfTheCopyTheGapBeginsAtTheFirst) {
  make_old_copy();
  plan({3, 1'000})->carry_out();
  Start start(data());
  const Known& known = start.known();
  EXPECT_EQ(status_of(known, id_of(77)), IdStatus::kGapUnknown);
  EXPECT_EQ(status_of(known, id_of(1)), IdStatus::kGapUnknown);  // who presumed it cannot be seen from the log
  EXPECT_EQ(status_of(known, id_of(2)), IdStatus::kBitOnly);
  EXPECT_EQ(status_of(known, id_of(3, kSecond)), IdStatus::kAborted);
  EXPECT_EQ(status_of(known, id_of(1, kSecond)), IdStatus::kLive);
}

TEST_F(Restore, TwiceIsAsOnce) {
  make_old_copy();
  plan({3, 1'000}, 2)->carry_out();
  auto again = plan({3, 1'000}, 2);
  EXPECT_EQ(again->plan().unpresumed, 0u);
  EXPECT_EQ(again->plan().next_lsn, 1'001u);
  again->carry_out();
  again.reset();
  Start start(data());
  EXPECT_EQ(start.known().gaps.size(), 1u);
  EXPECT_EQ(next_epoch(start.known()), 4u);
}

TEST_F(Restore, BelowWhatTheLogItselfHoldsNothingGoesBack) {
  make_log(data(), history());
  plan({0, 0}, 2)->carry_out();
  Start start(data());
  EXPECT_EQ(next_epoch(start.known()), 3u);
  EXPECT_EQ(start.last_lsn(), history().size());
  EXPECT_EQ(status_of(start.known(), id_of(77, kSecond)), IdStatus::kGapUnknown);
}

TEST_F(Restore, APlanChangesNothing) {
  make_old_copy();
  const auto before = contents(data());
  plan({3, 1'000});
  EXPECT_EQ(contents(data()), before);
}

TEST_F(Restore, WhatMustNotBeRestoredIsRefusedAndNotChanged) {
  make_log(data(), history());
  EXPECT_THROW(plan(Above{3, 1}, 9), Refused) << "no such epoch";
  run_sql(data() + "/log.1.db", "UPDATE record SET body = x'00' WHERE lsn = 7");
  const auto before = contents(data());
  try {
    plan({3, 1});
    ADD_FAILURE() << "a damaged log is restored as if it were whole";
  } catch (const Refused& refused) {
    EXPECT_NE(refused.message.find("record 7"), std::string::npos) << refused.message;
    EXPECT_NE(refused.message.find("log salvage"), std::string::npos) << refused.message;
  }
  EXPECT_EQ(contents(data()), before);
}

class Salvage : public Restore {
 protected:
  std::string target() const { return dir_.file("new"); }
  std::unique_ptr<Remake> salvage(std::optional<Above> above, std::optional<std::uint64_t> generation = {}) {
    return plan_salvage({data(), target(), above, generation, 0});
  }
  /// Carries it out and expects that the damaged directory is left as it is.
  void salvage_now(std::optional<Above> above) {
    const auto before = contents(data());
    salvage(above)->carry_out();
    EXPECT_EQ(contents(data()), before);
  }
};

TEST_F(Salvage, TheProvenPartIsKeptAndTheLostPartIsAGap) {
  make_log(data(), history());
  run_sql(data() + "/log.1.db", "UPDATE record SET body = x'00' WHERE lsn = 10");  // the told abort of id 3
  salvage_now(Above{2, 500});
  Start start(target());
  const Known& known = start.known();
  EXPECT_EQ(next_epoch(known), 3u);
  EXPECT_GE(start.last_lsn(), 500u);
  EXPECT_EQ(status_of(known, id_of(1)), IdStatus::kAborted);
  EXPECT_EQ(status_of(known, id_of(77)), IdStatus::kAborted);
  EXPECT_EQ(status_of(known, id_of(1, kSecond)), IdStatus::kLive);
  EXPECT_EQ(status_of(known, id_of(2, kSecond)), IdStatus::kBitOnly);
  EXPECT_EQ(status_of(known, id_of(3, kSecond)), IdStatus::kGapUnknown);
  EXPECT_EQ(status_of(known, id_of(4, kSecond)), IdStatus::kGapUnknown);
  EXPECT_TRUE(start.has_key("key-2-2"));
  EXPECT_FALSE(start.has_key("key-3"));
}

TEST_F(Salvage, WithoutAboveALossIsRefused) {
  make_log(data(), history());
  run_sql(data() + "/log.1.db", "DELETE FROM record WHERE lsn = 12");
  try {
    salvage({});
    ADD_FAILURE() << "a log that lost records goes on without a gap";
  } catch (const Refused& refused) {
    EXPECT_NE(refused.message.find("--above"), std::string::npos) << refused.message;
  }
  EXPECT_FALSE(fs::exists(target()));
}

/// The head on the disk may be half a second old: damage after what it names is a loss as well.
TEST_F(Salvage, DamageAfterTheHeadIsALoss) {
  make_log(data(), history());
  std::string head = wal::encode_slot(kLog, 1, {0, wal::first_chain(kLog)});
  head.resize(wal::kHeadSlotGap + wal::kHeadSlotBytes);
  write_file(data() + "/head.1", head);
  run_sql(data() + "/log.1.db", "UPDATE record SET body = x'00' WHERE lsn = 10");
  EXPECT_THROW(salvage({}), Refused);
  salvage_now(Above{2, 500});
  Start start(target());
  EXPECT_EQ(status_of(start.known(), id_of(3, kSecond)), IdStatus::kGapUnknown);
}

TEST_F(Salvage, AnOlderGenerationIsNotTheWholeLog) {
  make_killed_log(data(), history());
  const TempDir before;
  copy_dir(data(), before.path());
  {
    Start start(data());  // rebuilds: generation 2
    start.write({committed(id_of(9, kSecond))});
    start.end_in_order();
  }
  for (const char* name : {"log.1.db", "log.1.db-wal", "head.1"}) fs::copy(before.file(name), data() + "/" + name);
  EXPECT_THROW(salvage({}, 1), Refused);
  salvage(Above{2, 500}, 1)->carry_out();
  Start start(target());
  EXPECT_EQ(status_of(start.known(), id_of(9, kSecond)), IdStatus::kGapUnknown);
}

TEST_F(Salvage, OfASoundLogIsRefused) {
  make_log(data(), history());
  for (const auto& above : {std::optional<Above>{}, std::optional<Above>{Above{2, 500}}}) {
    try {
      salvage(above);
      ADD_FAILURE() << "two logs that would begin the same epoch";
    } catch (const Refused& refused) {
      EXPECT_NE(refused.message.find("start trothd on it"), std::string::npos) << refused.message;
    }
  }
}

TEST_F(Salvage, ALogThatLostOnlyItsNameNeedsNoGap) {
  make_log(data(), history());
  fs::remove(data() + "/CURRENT");
  EXPECT_EQ(Start::refusal(data()).exit_code, wal::kExitDamaged);
  salvage_now({});
  Start start(target());
  EXPECT_TRUE(start.known().gaps.empty());
  EXPECT_EQ(start.last_lsn(), history().size());
  EXPECT_EQ(status_of(start.known(), id_of(4, kSecond)), IdStatus::kLive);
  EXPECT_TRUE(start.has_key("key-4") || !start.known().live.empty());
}

TEST_F(Salvage, APlanMakesNothing) {
  make_log(data(), history());
  fs::remove(data() + "/head.1");
  salvage(Above{2, 12});
  EXPECT_FALSE(fs::exists(target()));
}

TEST_F(Salvage, WithoutAHeadNobodyKnowsWhetherTheEndIsLost) {
  make_log(data(), history());
  fs::remove(data() + "/head.1");
  EXPECT_THROW(salvage({}), Refused);
  salvage_now(Above{2, 12});
  Start start(target());
  EXPECT_EQ(status_of(start.known(), id_of(77, kSecond)), IdStatus::kGapUnknown);
  EXPECT_EQ(status_of(start.known(), id_of(3, kSecond)), IdStatus::kAborted);
}

TEST_F(Salvage, OfADamagedSetNothingIsUsedAndEveryEpochIsAGap) {
  make_killed_log(data(), history());
  {
    Start start(data());  // rebuilds: everything is in the set
    start.write({fact::EpochStarted{kThird, start.last_lsn() + 1, 0}, committed(id_of(1, kThird))});
    start.end_in_order();
  }
  run_sql(data() + "/log.2.db", "UPDATE restated SET body = x'00' WHERE n = 2");
  salvage_now(Above{3, 100});
  Start start(target());
  const Known& known = start.known();
  EXPECT_EQ(next_epoch(known), 4u);
  for (const auto& id : {id_of(1), id_of(2), id_of(1, kSecond), id_of(77, kThird)}) {
    EXPECT_EQ(status_of(known, id), IdStatus::kGapUnknown) << to_text(id);
  }
  EXPECT_EQ(status_of(known, id_of(1, kThird)), IdStatus::kLive) << "what came after the set is proven by itself";
}

TEST_F(Salvage, OverALogNothingIsWritten) {
  make_log(data(), history());
  fs::remove(data() + "/head.1");
  make_log(target(), {fact::EpochStarted{kFirst, 1, 0}});
  const auto before = contents(target());
  EXPECT_THROW(salvage(Above{2, 12}), Refused);
  EXPECT_EQ(contents(target()), before);
}

TEST_F(Salvage, WhatWasCutOffIsBegunAgain) {
  make_log(data(), history());
  fs::remove(data() + "/head.1");
  salvage_now(Above{2, 12});
  // As if it had been cut off before its last act: the mark of an unfinished log is still there.
  fs::remove_all(target());
  fs::create_directory(target());
  write_file(target() + "/OLD-COPY", "a log is being made here; if that was cut off, give the same command again\n");
  write_file(target() + "/log.1.db", "half a file");
  EXPECT_EQ(Start::refusal(target()).exit_code, wal::kExitDamaged);
  salvage_now(Above{2, 12});
  Start start(target());
  EXPECT_EQ(status_of(start.known(), id_of(1, kSecond)), IdStatus::kLive);
}

}  // namespace
}  // namespace troth::recovery
