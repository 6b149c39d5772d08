// A log that gets shorter while it is in use: what is read, what a start sees afterwards, and which keys are still
// found.
#include <unistd.h>

#include <thread>

#include "tests/wal/log_fixture.h"
#include "wal/superseding.h"

namespace troth::wal {
namespace {

/// A log in use, and the words for what is done with it here.
class Shortening : public ::testing::Test {
 protected:
  void open() {
    memory = Memory();
    opened = open_log(dir.path(), memory);
    progress.emplace(*opened.log);
  }
  void close() {
    progress.reset();
    opened.log->stop();
    opened.log.reset();
  }
  void append(const std::vector<std::string>& bodies) {
    for (const std::string& body : bodies) {
      const Record record = record_of(body);
      last = opened.log->append({&record, 1});
    }
    progress->wait_durable(last);
  }
  std::vector<std::string> read_all(Superseding& pass) {
    std::vector<std::string> bodies;
    std::vector<Row> rows;
    while (pass.read(rows) == Superseding::Read::kMore) {
      for (const Row& row : rows) bodies.push_back(std::to_string(row.lsn) + " " + row.body);
    }
    return bodies;
  }
  void supersede(const std::vector<std::string>& bodies, Lsn keys_upto = 0) {
    const auto pass = opened.log->supersede();
    read_all(*pass);
    for (const std::string& body : bodies) {
      const Record row = record_of(body);
      ASSERT_TRUE(pass->add({&row, 1}));
    }
    ASSERT_TRUE(pass->finish(keys_upto));
  }
  Found find(const std::string& key) {
    opened.log->find(key, 1);
    return progress->wait_found(1).front();
  }
  /// Some rows go with every turn of the writer, and a question is a turn.
  void let_rows_go() {
    for (int i = 0; i < 12; ++i) find("nobody's");
  }

  TempDir dir;
  Memory memory;
  SqliteLog::Opened opened;
  std::optional<Progress> progress;
  Lsn last = 0;
};

TEST_F(Shortening, AStartSeesTheSetAndWhatCameAfterItsCut) {
  open();
  append(numbered("old", 500));
  {
    const auto pass = opened.log->supersede();
    EXPECT_EQ(pass->cut(), 500U);
    append({"meanwhile"});
    EXPECT_EQ(read_all(*pass).size(), 500U);
    const Record row = record_of("said again");
    ASSERT_TRUE(pass->add({&row, 1}));
    append({"later"});
    ASSERT_TRUE(pass->finish(0));
  }
  append({"last"});
  let_rows_go();
  close();
  open();
  EXPECT_FALSE(opened.rebuilt);
  EXPECT_EQ(memory.bodies(), (std::vector<std::string>{"said again", "meanwhile", "later", "last"}));
  EXPECT_EQ(memory.lsns, (std::vector<Lsn>{0, 501, 502, 503}));
  EXPECT_EQ(memory.expected, std::vector<std::uint64_t>{4});
  EXPECT_EQ(opened.last_lsn, 503U);
  const LogStats stats = opened.log->stats();
  EXPECT_EQ(stats.cut, 500U);
  EXPECT_EQ(stats.set_rows, 1U);
}

TEST_F(Shortening, ReadsTheSetAndThenTheRecordsUpToTheCut) {
  open();
  append({"a", "b"});
  supersede({"ab", "and more"});
  append({"c"});
  const auto pass = opened.log->supersede();
  append({"d"});
  EXPECT_EQ(read_all(*pass), (std::vector<std::string>{"0 ab", "0 and more", "3 c"}));
}

TEST_F(Shortening, GivenUpItChangesNothing) {
  open();
  append({"a"});
  supersede({"A"});
  append({"b"});
  {
    const auto pass = opened.log->supersede();
    const Record row = record_of("never finished");
    ASSERT_TRUE(pass->add({&row, 1}));
  }
  let_rows_go();
  supersede({"A", "B"});
  close();
  open();
  EXPECT_EQ(memory.bodies(), (std::vector<std::string>{"A", "B"}));
}

TEST_F(Shortening, KeysAreFoundWhereverTheirRecordsAre) {
  open();
  append({"key:k|first", "key:k|second", "key:other|x", "plain"});
  supersede({"said again"});
  for (const char* const when : {"at once", "when the rows are gone", "after a stop"}) {
    SCOPED_TRACE(when);
    const Found found = find("k");
    EXPECT_TRUE(found.present);
    EXPECT_EQ(found.lsn, 2U);
    EXPECT_EQ(found.body, "key:k|second");
    EXPECT_TRUE(find("other").present);
    EXPECT_FALSE(find("none").present);
    let_rows_go();
    if (std::string_view(when) != "when the rows are gone") continue;
    close();
    open();
    EXPECT_EQ(memory.bodies(), std::vector<std::string>{"said again"});
  }
  append({"key:k|third"});
  EXPECT_EQ(find("k").body, "key:k|third");
}

TEST_F(Shortening, KeysGoUpToWhereTheCallerSays) {
  open();
  append({"key:a|1", "key:b|2", "key:c|3", "key:d|4"});
  supersede({"set"}, 1);
  let_rows_go();
  EXPECT_FALSE(find("a").present);
  EXPECT_TRUE(find("b").present);
  append({"key:e|5"});
  supersede({"set"}, 3);
  let_rows_go();
  for (const auto& [key, present] : std::map<std::string, bool>{{"b", false}, {"c", false}, {"d", true}, {"e", true}}) {
    EXPECT_EQ(find(key).present, present) << key;
  }
  close();
  open();
  EXPECT_FALSE(find("c").present);
  EXPECT_TRUE(find("d").present);
}

TEST_F(Shortening, KeysOutliveARebuildButForThoseThatMayGo) {
  open();
  append({"key:a|1", "key:b|2", "key:c|3"});
  supersede({"set"});
  let_rows_go();
  append({"key:d|4"});
  opened.log.reset();  // killed
  Memory forgetful;
  forgetful.keys_upto = 2;
  opened = open_log(dir.path(), forgetful);
  progress.emplace(*opened.log);
  EXPECT_TRUE(opened.rebuilt);
  for (const auto& [key, present] : std::map<std::string, bool>{{"a", false}, {"b", false}, {"c", true}, {"d", true}}) {
    EXPECT_EQ(find(key).present, present) << key;
  }
  EXPECT_EQ(find("d").lsn, 4U);
}

/// The newest record of a key may go before an older one does: the older one must not come back in between.
TEST_F(Shortening, AKeyThatMayGoIsGoneAtOnceAndForGood) {
  open();
  append({"key:k|old"});
  supersede({"set"});
  let_rows_go();
  append({"key:k|new"});
  append(numbered("more", 2'000));
  supersede({"set"}, 2);
  EXPECT_FALSE(find("k").present);
  close();  // long before all rows are gone
  open();
  EXPECT_FALSE(find("k").present);
  opened.log.reset();  // killed
  open();
  EXPECT_FALSE(find("k").present);
  supersede({"set"}, 0);
  EXPECT_FALSE(find("k").present);
  append({"key:k|newest"});
  EXPECT_EQ(find("k").body, "key:k|newest");
}

TEST_F(Shortening, ALogOfWhichOnlyTheSetIsLeftIsNoUnfinishedStart) {
  open();
  append({"a", "b"});
  supersede({"AB"});
  let_rows_go();
  close();
  TempDir alone;
  std::filesystem::copy_file(dir.file("log.1.db"), alone.file("log.1.db"));
  EXPECT_EQ(refusal(alone.path()).exit_code, kExitDamaged);
  EXPECT_TRUE(std::filesystem::exists(alone.file("log.1.db")));
}

TEST_F(Shortening, NoRowGoesThatTheHeadDoesNotKnowOf) {
  open();
  append({"a", "b"});
  close();
  std::string head = read_file(dir.file("head.1"));
  head[4096 + 30] ^= 1;  // the newer slot: the first append went to the second
  write_file(dir.file("head.1"), head);
  open();
  supersede({"AB"});
  let_rows_go();
  opened.log.reset();
  open();
  EXPECT_EQ(memory.bodies(), std::vector<std::string>{"AB"});
}

TEST_F(Shortening, ThatDiesAtAnyTurnLeavesAProvenLog) {
  for (int turns = 0; turns < 8; ++turns) {
    SCOPED_TRACE(turns);
    TempDir here;
    run_child([&] {
      Memory none;
      auto log = std::move(open_log(here.path(), none).log);
      Progress waits(*log);
      const Record record = record_of("key:k|old");
      for (int i = 0; i < 700; ++i) log->append({&record, 1});
      waits.wait_durable(700);
      const auto pass = log->supersede();
      std::vector<Row> rows;
      while (pass->read(rows) == Superseding::Read::kMore) continue;
      const Record row = record_of("set");
      pass->add({&row, 1});
      if (turns > 0) pass->finish(0);
      for (int i = 1; i < turns; ++i) {
        log->find("k", 1);
        waits.wait_found(1);
      }
      ::_exit(9);
      return 0;
    });
    Memory seen;
    auto again = open_log(here.path(), seen);
    EXPECT_TRUE(again.rebuilt);
    EXPECT_EQ(seen.bodies().size(), turns == 0 ? 700U : 1U);
    EXPECT_EQ(again.last_lsn, 700U);
    Progress waits(*again.log);
    again.log->find("k", 1);
    EXPECT_EQ(waits.wait_found(1).front().lsn, 700U);
  }
}

TEST_F(Shortening, ThatIsUnderWayWhenTheLogStopsIsToldSo) {
  open();
  append({"a"});
  const auto pass = opened.log->supersede();
  opened.log->stop();
  std::vector<Row> rows;
  EXPECT_EQ(pass->read(rows), Superseding::Read::kStopped);
  const Record row = record_of("x");
  EXPECT_FALSE(pass->add({&row, 1}));
  EXPECT_FALSE(pass->finish(0));
}

TEST_F(Shortening, BesideTrafficFromAnotherThreadLosesNothing) {
  open();
  append(numbered("before", 300));
  std::thread compactor([&] {
    for (int round = 0; round < 5; ++round) {
      const auto pass = opened.log->supersede();
      std::vector<Record> set;
      std::vector<Row> rows;
      while (pass->read(rows) == Superseding::Read::kMore) {
        for (const Row& row : rows) set.push_back(record_of(row.body));
      }
      for (const Record& row : set) ASSERT_TRUE(pass->add({&row, 1}));
      ASSERT_TRUE(pass->finish(0));
    }
  });
  append(numbered("beside", 300));
  compactor.join();
  close();
  open();
  std::vector<std::string> all = numbered("before", 300);
  for (const std::string& body : numbered("beside", 300)) all.push_back(body);
  EXPECT_EQ(memory.bodies(), all);
}

/// Each is refused with 73 and what is wrong in words.
TEST_F(Shortening, DamageToSetOrKeptRecordsIsRefused) {
  open();
  append({"key:a|1", "key:b|2", "c"});
  supersede({"x", "y"});
  let_rows_go();
  append({"d"});
  close();
  const std::vector<std::pair<std::string, std::string>> damages{
      {"DELETE FROM kept WHERE lsn = 1", "kept"},
      {"UPDATE kept SET body = CAST('zzz' AS BLOB) WHERE lsn = 2", "kept record 2 was changed"},
      {"UPDATE kept SET lsn = 9 WHERE lsn = 2", "kept record 9 was changed"},
      {"INSERT INTO kept SELECT 7, kind, key, body, proof FROM kept WHERE lsn = 1", "kept record 7 was changed"},
      {"DELETE FROM restated WHERE n = 1", "row 1 of the set is missing"},
      {"DELETE FROM restated WHERE n = 2", "the set ends at row 1, not at row 2"},
      {"UPDATE restated SET body = CAST('z' AS BLOB) WHERE n = 2", "row 2 of the set does not fit"},
      {"UPDATE restated SET kind = 1000000 WHERE n = 2", "row 2 of the set does not fit"},
      {"UPDATE meta SET value = '2' WHERE name = 'set_cut'", "a meta row was changed"},
      {"DROP TABLE restated", "the tables are not those of a log"}};
  for (const auto& [sql, words] : damages) {
    SCOPED_TRACE(sql);
    TempDir copy;
    copy_dir(dir.path(), copy.path());
    run_sql(copy.file("log.1.db"), sql);
    const OpenError error = refusal(copy.path());
    EXPECT_EQ(error.exit_code, kExitDamaged);
    EXPECT_NE(error.message.find(words), std::string::npos) << error.message;
  }
}

}  // namespace
}  // namespace troth::wal
