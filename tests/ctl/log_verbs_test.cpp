// The offline verbs on real logs: what comes out, what is asked, what is changed.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <filesystem>

#include "tests/ctl/run.h"
#include "tests/recovery/history.h"
#include "tests/recovery/real_log.h"

namespace troth::ctl {
namespace {

using namespace recovery::testing;
namespace fs = std::filesystem;
namespace json = boost::json;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class LogVerbs : public ::testing::Test {
 protected:
  LogVerbs() {
    make_log(data(), {fact::EpochStarted{kFirst, 1, 0}, committed(id_of(1), "k\"1"), fact::Ended{{id_of(1)}},
                      committed(id_of(2)), abort_told(id_of(3), "k3")});
  }
  std::string data() const { return dir_.file("data"); }
  std::string fresh() const { return dir_.file("fresh"); }
  void damage() const { run_sql(data() + "/log.1.db", "UPDATE record SET body = x'00' WHERE lsn = 4"); }

  TempDir dir_;
};

TEST_F(LogVerbs, VerifySaysWhatIsProven) {
  const auto before = contents(data());
  const Ran ran = run({"log", "verify", data()});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(has(ran.out, "LSN 1 to 5 proven")) << ran.out;
  EXPECT_TRUE(has(ran.out, "head        LSN 5")) << ran.out;
  EXPECT_TRUE(has(ran.out, "verdict     sound")) << ran.out;
  EXPECT_TRUE(ran.err.empty()) << ran.err;
  const json::value value = json::parse(run({"log", "verify", data(), "-o", "json"}).out);
  EXPECT_TRUE(value.at("sound").as_bool());
  EXPECT_EQ(value.at("generation").as_int64(), 1);
  EXPECT_EQ(value.at("files").at(0).at("headLsn").as_int64(), 5);
  EXPECT_EQ(value.at("files").at(0).at("provenLsn").as_int64(), 5);
  EXPECT_EQ(contents(data()), before);
}

TEST_F(LogVerbs, VerifySaysWhatIsDamagedAndWhatToRun) {
  damage();
  const Ran ran = run({"log", "verify", data()});
  EXPECT_EQ(ran.code, 1);
  EXPECT_TRUE(has(ran.out, "LSN 1 to 3 proven")) << ran.out;
  EXPECT_TRUE(has(ran.out, "LSN 4 to 5 NOT PROVEN")) << ran.out;
  EXPECT_TRUE(has(ran.out, "record 4 does not fit the check chain")) << ran.out;
  EXPECT_TRUE(has(ran.out, "verdict     damaged")) << ran.out;
  EXPECT_TRUE(has(ran.err, "trothctl log salvage " + data())) << ran.err;
  const json::value value = json::parse(run({"log", "verify", data(), "-o", "json"}).out);
  EXPECT_FALSE(value.at("sound").as_bool());
  EXPECT_EQ(value.at("files").at(0).at("provenLsn").as_int64(), 3);
  EXPECT_GE(value.at("files").at(0).at("damage").as_array().size(), 1u);
}

TEST_F(LogVerbs, NothingThereIsNeitherSoundNorDamaged) {
  EXPECT_EQ(run({"log", "verify", dir_.file("nowhere")}).code, 3);
  fs::create_directory(fresh());
  EXPECT_EQ(run({"log", "verify", fresh()}).code, 3);
  EXPECT_EQ(run({"log", "export", fresh()}).code, 3);
}

TEST_F(LogVerbs, ExportIsALineForEachRecord) {
  const Ran ran = run({"log", "export", data()});
  EXPECT_EQ(ran.code, 0) << ran.err;
  std::istringstream lines(ran.out);
  std::vector<json::value> records;
  for (std::string line; std::getline(lines, line);) records.push_back(json::parse(line));
  ASSERT_EQ(records.size(), 5u);
  EXPECT_EQ(records[1].at("lsn").as_int64(), 2);
  EXPECT_EQ(records[1].at("kind").as_string(), "commit_decided");
  EXPECT_EQ(records[1].at("key").as_string(), "k\"1");
  EXPECT_EQ(std::string(records[1].at("fact").at("transaction").as_string()), to_text(id_of(1)));
  EXPECT_EQ(records[4].at("fact").at("reason").as_string(), "vote");
  EXPECT_TRUE(records[3].at("key").is_null());
}

TEST_F(LogVerbs, ExportOfADamagedLogEndsWithWhatIsProvenAndSaysSo) {
  damage();
  const Ran ran = run({"log", "export", data()});
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(std::count(ran.out.begin(), ran.out.end(), '\n'), 3);
  EXPECT_TRUE(has(ran.err, "only what is proven")) << ran.err;
}

TEST_F(LogVerbs, NobodyIsAskedThroughAPipeAndNothingIsDone) {
  const auto before = contents(data());
  const Ran ran = run({"log", "restore", data(), "--above", "4:90"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_TRUE(has(ran.err, "--yes")) << ran.err;
  EXPECT_TRUE(ran.out.empty()) << ran.out;
  EXPECT_EQ(contents(data()), before);
}

TEST_F(LogVerbs, APersonIsShownThePlanAndAsked) {
  const auto before = contents(data());
  const Ran no = run({"log", "restore", data(), "--above", "4:90"}, "no\n");
  EXPECT_EQ(no.code, 2);
  EXPECT_TRUE(has(no.err, "gap         epochs 1 to 4")) << no.err;
  EXPECT_TRUE(has(no.err, "[y/N]")) << no.err;
  EXPECT_EQ(contents(data()), before);
  const Ran yes = run({"log", "restore", data(), "--above", "4:90"}, "y\n");
  EXPECT_EQ(yes.code, 0) << yes.err;
  EXPECT_TRUE(has(yes.out, "in epoch 5, at LSN 91")) << yes.out;
  EXPECT_TRUE(has(yes.err, "trothctl tx resolve ID --outcome committed|aborted --reason")) << yes.err;
  EXPECT_EQ(run({"log", "verify", data()}).code, 0);
}

TEST_F(LogVerbs, SalvageNamesWhatIsLostAndAsksForWhatItCannotKnow) {
  damage();
  const Ran without = run({"log", "salvage", data(), "--to", fresh(), "--yes"});
  EXPECT_EQ(without.code, 1);
  EXPECT_TRUE(has(without.err, "--above")) << without.err;
  EXPECT_FALSE(fs::exists(fresh()));
  const Ran ran = run({"log", "salvage", data(), "--to", fresh(), "--above", "1:5", "--yes", "-o", "json"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const json::value value = json::parse(ran.out);
  EXPECT_EQ(value.at("provenLsn").as_int64(), 3);
  EXPECT_EQ(value.at("nextEpoch").as_int64(), 2);
  EXPECT_EQ(value.at("gap").at("from").at("epoch").as_int64(), 1);
  EXPECT_EQ(run({"log", "verify", fresh()}).code, 0);
  const Ran again = run({"log", "salvage", data(), "--to", fresh(), "--above", "1:5", "--yes"});
  EXPECT_EQ(again.code, 1) << "a log was written over";
}

TEST_F(LogVerbs, WhereThereIsNoLogThereIsNothingToRestoreOrSalvage) {
  fs::create_directory(fresh());
  EXPECT_EQ(run({"log", "restore", fresh(), "--above", "1:1", "--yes"}).code, 1);
  EXPECT_EQ(run({"log", "restore", fresh(), "--above", "1:1", "--from", dir_.file("nowhere"), "--yes"}).code, 1);
  EXPECT_EQ(run({"log", "restore", dir_.file("nowhere"), "--above", "1:1", "--yes"}).code, 3);
  EXPECT_EQ(run({"log", "salvage", fresh(), "--to", dir_.file("x"), "--above", "1:1", "--yes"}).code, 1);
  EXPECT_EQ(run({"log", "salvage", data(), "--to", dir_.file("a/b"), "--above", "1:1", "--yes"}).code, 1);
  EXPECT_TRUE(fs::is_empty(fresh()));
}

TEST_F(LogVerbs, OutputThatCannotBeWrittenIsAnError) {
  std::istringstream in;
  std::ostream out(nullptr);  // refuses every byte
  std::ostringstream err;
  Terminal terminal{in, out, err, false};
  EXPECT_EQ(run_line(
                {"log", "export", data()}, [](const char*) { return nullptr; }, terminal),
            3);
  EXPECT_TRUE(has(err.str(), "could not be written")) << err.str();
}

}  // namespace
}  // namespace troth::ctl
