// What is refused before anything is done, and what it says.
#include <gtest/gtest.h>

#include <ostream>

#include "tests/ctl/run.h"

namespace troth::ctl {
namespace {

struct Line {
  std::vector<std::string> words;
  std::string said;
};
void PrintTo(const Line& line, std::ostream* out) {
  for (const auto& word : line.words) *out << word << " ";
}

class WrongLine : public ::testing::TestWithParam<Line> {};

TEST_P(WrongLine, IsUsageAndSaysWhatIsWrong) {
  const Ran ran = run(GetParam().words);
  EXPECT_EQ(ran.code, 2) << ran.err;
  EXPECT_NE(ran.err.find(GetParam().said), std::string::npos) << ran.err;
  EXPECT_TRUE(ran.out.empty()) << ran.out;
  EXPECT_TRUE(ran.err.starts_with("error: ") && ran.err.find("\nhint: ") != std::string::npos) << ran.err;
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongLine,
    ::testing::Values(Line{{}, "name a command"}, Line{{"lag"}, "lag: there is no such command; did you mean log?"},
                      Line{{"log"}, "log: name a command\nhint: `trothctl log --help`"},
                      Line{{"log", "verfy", "x"}, "log verfy: there is no such command; did you mean verify?"},
                      Line{{"log", "verify"}, "PATH"}, Line{{"log", "verify", "a", "b"}, "b"},
                      Line{{"log", "verify", "a", "--deep"}, "--deep"},
                      Line{{"log", "verify", "a", "-o", "yaml"}, "-o yaml: give one of table, json"},
                      Line{{"log", "restore", "a"}, "--above"}, Line{{"log", "restore", "a", "--above"}, "--above"},
                      Line{{"log", "restore", "a", "--above", "7"}, "<epoch>:<lsn>"},
                      Line{{"log", "restore", "a", "--above", "7:x"}, "the LSN of --above x"},
                      Line{{"log", "restore", "a", "--above", "7:1x"}, "the LSN of --above 1x"},
                      Line{{"log", "restore", "a", "--above", "4294967295:7"}, "the epoch of --above 4294967295"},
                      Line{{"log", "restore", "a", "--above", "1:9223372036854775807"}, "the LSN of --above"},
                      Line{{"log", "restore", "a", "--above", "1:2", "--above", "3:4"}, "--above"},
                      Line{{"log", "restore", "a", "--above", "1:2", "--copied-in", "0"}, "--copied-in 0"},
                      Line{{"log", "restore", "a", "--above", "1:2", "--copied-in", "1", "--from", "b"},
                           "leave one of the two out"},
                      Line{{"log", "salvage", "a"}, "--to"},
                      Line{{"log", "salvage", "a", "--to", "b", "--generation", "x"}, "--generation x"},
                      Line{{"log", "backup"}, "--to"}));

TEST(CommandLine, HelpAndVersionAreData) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"--help"},
                                                {"log", "--help"},
                                                {"help", "tx", "list"},
                                                {"log", "restore", "--help"},
                                                {"--version"},
                                                {"version"}}) {
    const Ran ran = run(words);
    EXPECT_EQ(ran.code, 0) << words.back();
    EXPECT_FALSE(ran.out.empty()) << words.back();
    EXPECT_TRUE(ran.err.empty()) << ran.err;
  }
  EXPECT_NE(run({"log", "restore", "--help"}).out.find("--copied-in"), std::string::npos);
}

TEST(CommandLine, EndpointsComeFromTheFlagElseTheEnvironment) {
  const auto endpoints = [](const std::string& flag, const char* listed) {
    Typed typed;
    if (!flag.empty()) typed.set("--endpoint", {flag});
    return endpoints_of(typed, [&](const char*) { return listed; });
  };
  using All = std::vector<std::string>;
  EXPECT_EQ(endpoints("", nullptr), All{"http://127.0.0.1:7400"});
  EXPECT_EQ(endpoints("", "http://a:1,http://b:2"), (All{"http://a:1", "http://b:2"}));
  EXPECT_EQ(endpoints("http://c:3", "http://a:1"), All{"http://c:3"});
  EXPECT_EQ(endpoints("c:3/", nullptr), All{"http://c:3"}) << "what people type";
}

}  // namespace
}  // namespace troth::ctl
