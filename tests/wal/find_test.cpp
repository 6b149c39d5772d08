#include "tests/wal/log_fixture.h"

namespace troth::wal {
namespace {

TEST(Find, GivesTheNewestRecordOfTheKey) {
  TempDir dir;
  Memory memory;
  auto opened = open_log(dir.path(), memory);
  Progress progress(*opened.log);
  const std::vector<Record> records{record_of("key:a|1"), record_of("key:b|2"), record_of("key:a|3"), record_of("c")};
  opened.log->append(records);
  opened.log->find("a", 41);
  const auto found = progress.wait_found(1);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].token, 41U);
  EXPECT_TRUE(found[0].present);
  EXPECT_EQ(found[0].lsn, 3U);
  EXPECT_EQ(found[0].kind, 7);
  EXPECT_EQ(found[0].body, "key:a|3");
  opened.log->stop();
}

TEST(Find, SeesLazyRecordsAppendedBeforeItAndTheyAreDurableThen) {
  TempDir dir;
  Memory memory;
  auto opened = open_log(dir.path(), memory);
  Progress progress(*opened.log);
  const Record lazy = record_of("key:a|1", false);
  opened.log->append({&lazy, 1});
  opened.log->find("a", 1);
  EXPECT_TRUE(progress.wait_found(1)[0].present);
  EXPECT_EQ(opened.log->durable(), 1U);
  opened.log->stop();
}

TEST(Find, AnUnknownAndAnEmptyKeyAreAnsweredAbsent) {
  TempDir dir;
  Memory memory;
  auto opened = open_log(dir.path(), memory);
  Progress progress(*opened.log);
  const Record keyless = record_of("no key");
  opened.log->append({&keyless, 1});
  opened.log->find("nobody", 1);
  opened.log->find("", 2);
  for (const Found& found : progress.wait_found(2)) EXPECT_FALSE(found.present) << found.token;
  opened.log->stop();
}

TEST(Find, KeysAreBytesNotText) {
  TempDir dir;
  Memory memory;
  auto opened = open_log(dir.path(), memory);
  Progress progress(*opened.log);
  const std::string zeros("\0\xff\0", 3);
  const Record record{5, "body", zeros, true};
  opened.log->append({&record, 1});
  opened.log->find(zeros, 1);
  opened.log->find(zeros.substr(0, 2), 2);
  const auto found = progress.wait_found(2);
  EXPECT_TRUE(found[0].present);
  EXPECT_FALSE(found[1].present);
  opened.log->stop();
}

class FindAfter : public ::testing::TestWithParam<bool> {};

TEST_P(FindAfter, ARestart) {
  TempDir dir;
  const std::vector<std::string> bodies{"key:a|1", "key:b|2", "key:a|3"};
  GetParam() ? make_killed_log(dir.path(), bodies) : make_log(dir.path(), bodies);
  Memory memory;
  auto opened = open_log(dir.path(), memory);
  EXPECT_EQ(opened.rebuilt, GetParam());
  Progress progress(*opened.log);
  opened.log->find("a", 1);
  EXPECT_EQ(progress.wait_found(1)[0].body, "key:a|3");
  opened.log->find("b", 2);
  EXPECT_EQ(progress.wait_found(1)[0].body, "key:b|2");
  opened.log->stop();
}
INSTANTIATE_TEST_SUITE_P(Restart, FindAfter, ::testing::Bool(),
                         [](const auto& parameter) { return parameter.param ? "ThatWasUnclean" : "ThatWasOrderly"; });

}  // namespace
}  // namespace troth::wal
