// The worked example of wal/FORMAT.md, decoded, and compared with a log that is really written.
#include <fstream>
#include <map>

#include "tests/wal/log_fixture.h"
#include "wal/head.h"
#include "wal/schema.h"
#include "wal/sqlite.h"
#include "wal/superseding.h"

namespace troth::wal {
namespace {

/// The lines `name: value` of the document's block ```example.
std::map<std::string, std::string> example() {
  std::ifstream in(std::string(TROTH_SOURCE_DIR) + "/wal/FORMAT.md");
  std::map<std::string, std::string> values;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```")) inside = line == "```example";
    const std::size_t colon = line.find(": ");
    if (inside && colon != std::string::npos) values[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return values;
}

std::string to_hex_text(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    text += "0123456789abcdef"[static_cast<unsigned char>(byte) >> 4];
    text += "0123456789abcdef"[static_cast<unsigned char>(byte) & 15];
  }
  return text;
}

std::string from_hex_text(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

LogId example_id() {
  return *parse_log_id(example().at("log id"));
}

/// The two records of the example, in a log with its id.
void write_example(const std::string& dir) {
  OpenOptions options = options_for(dir);
  options.expected_log_id = example_id();
  Memory memory;
  auto result = SqliteLog::open(options, memory);
  auto& log = *std::get<SqliteLog::Opened>(result).log;
  log.append(std::vector<Record>{{7, "hello", "order-17", true}, {4, "", "", true}});
  log.stop();
}

TEST(Format, TheChainOfTheExampleIsTheHashOfItsBytes) {
  auto doc = example();
  EXPECT_EQ(doc["chain 0"], to_hex(first_chain(example_id())));
  EXPECT_EQ(doc["chain 0"], to_hex(hash_of(from_hex_text(doc["chain 0 is of"]))));
  EXPECT_EQ(doc["chain 1"], to_hex(hash_of(from_hex_text(doc["chain 1 is of"]))));
  EXPECT_EQ(doc["chain 2"], to_hex(hash_of(from_hex_text(doc["chain 2 is of"]))));
}

TEST(Format, ALogThatIsWrittenHoldsTheRowsOfTheExample) {
  TempDir dir;
  write_example(dir.path());
  auto doc = example();
  const Database db(dir.file("log.1.db"));
  const std::string row =
      "SELECT lsn || ' ' || kind || ' ' || CASE WHEN key IS NULL THEN 'NULL' ELSE lower(hex(key)) END || ' ' || "
      "lower(hex(body)) || ' ' || "
      "lower(hex(chain)) FROM record WHERE lsn = ";
  EXPECT_EQ(doc["row 1"], db.ask(row + "1"));
  EXPECT_EQ(doc["row 2"], db.ask(row + "2"));
  EXPECT_EQ(doc["meta"],
            db.ask("SELECT group_concat(name || '=' || value, ' ') FROM (SELECT * FROM meta ORDER BY name)"));
  EXPECT_EQ(doc["application_id, user_version"],
            db.ask("PRAGMA application_id") + ", " + db.ask("PRAGMA user_version"));
}

TEST(Format, ACompactionOfTheExampleLeavesASetAndTheRecordThatHasAKey) {
  TempDir dir;
  write_example(dir.path());
  auto doc = example();
  {
    Memory memory;
    auto opened = open_log(dir.path(), memory);
    Progress progress(*opened.log);
    const auto pass = opened.log->supersede();
    std::vector<Row> rows;
    while (pass->read(rows) == Superseding::Read::kMore) continue;
    const Record row{9, "both", "", true};
    ASSERT_TRUE(pass->add({&row, 1}));
    ASSERT_TRUE(pass->finish(0));
    for (int i = 0; i < 9; ++i) {  // each question is a turn of the writer, and in each some rows go
      opened.log->find("order-17", 1);
      EXPECT_EQ(progress.wait_found(1).front().body, "hello");
    }
    opened.log->stop();
  }
  const Database db(dir.file("log.1.db"));
  EXPECT_EQ(db.ask("SELECT count(*) FROM record"), "0");
  EXPECT_EQ(doc["set row 1"],
            db.ask("SELECT n || ' ' || kind || ' ' || lower(hex(body)) || ' ' || lower(hex(chain)) FROM restated"));
  EXPECT_EQ(doc["kept row"], db.ask("SELECT lsn || ' ' || kind || ' ' || lower(hex(key)) || ' ' || lower(hex(body)) || "
                                    "' ' || lower(hex(proof)) FROM kept"));
  EXPECT_EQ(doc["set chain 0"], to_hex(hash_of(from_hex_text(doc["set chain 0 is of"]))));
  EXPECT_EQ(doc["set row 1"], "1 9 626f7468 " + to_hex(hash_of(from_hex_text(doc["set chain 1 is of"]))));
  EXPECT_EQ(doc["kept row"].substr(doc["kept row"].rfind(' ') + 1), to_hex(hash_of(from_hex_text(doc["proof is of"]))));
  EXPECT_EQ(doc["meta then"],
            db.ask("SELECT group_concat(name || '=' || value, ' ') FROM (SELECT * FROM meta ORDER BY name)"));
}

TEST(Format, TheHeadSlotOfTheExampleNamesItsEnd) {
  TempDir dir;
  write_example(dir.path());
  auto doc = example();
  const std::string slot = from_hex_text(doc["slot"]);
  const auto point = decode_slot(example_id(), 1, slot);
  ASSERT_TRUE(point);
  EXPECT_EQ(point->lsn, 2U);
  EXPECT_EQ(to_hex(point->chain), doc["chain 2"]);
  // The first slot was synced when the log was made, so the end lies in the second.
  EXPECT_EQ(doc["slot"], to_hex_text(read_file(dir.file("head.1")).substr(kHeadSlotGap, kHeadSlotBytes)));
}

TEST(Format, ASlotOfAnotherLogOrGenerationOrWithAnyChangedByteIsNone) {
  const std::string slot = from_hex_text(example()["slot"]);
  EXPECT_FALSE(decode_slot(LogId{1}, 1, slot));
  EXPECT_FALSE(decode_slot(example_id(), 2, slot));
  EXPECT_FALSE(decode_slot(example_id(), 1, slot.substr(0, 63)));
  for (std::size_t i = 0; i < slot.size(); ++i) {
    std::string changed = slot;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    EXPECT_FALSE(decode_slot(example_id(), 1, changed)) << i;
  }
}

}  // namespace
}  // namespace troth::wal
