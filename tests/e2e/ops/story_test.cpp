// The operator story of docs/operations.md, typed line by line: what a reader copies is what this test runs.
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>

#include "tests/e2e/ops/shell.h"
#include "tests/e2e/ops/transcript.h"

namespace troth::e2e {
namespace {

TEST(Transcript, IsCommandsWithWhatTheyPrint) {
  const auto steps = steps_of(
      "## One\n```console\n$ no\n```\n## Two\ntext\n```console\n$ a \\\n> b\nout\n…\n\n$ c\n```\n```sh\n$ d\n```\n",
      "Two");
  ASSERT_EQ(steps.size(), 2u);
  EXPECT_EQ(steps[0].line, 9 - 1);
  EXPECT_EQ(steps[0].command, "a \\\nb");
  EXPECT_EQ(steps[0].expected, (std::vector<std::string>{"out", "…", ""}));
  EXPECT_EQ(steps[1].command, "c");
}

TEST(Transcript, MatchesWhatVariesAndNothingElse) {
  EXPECT_TRUE(matches_line("id …  committed", "id 7-0-1\tcommitted  "));
  EXPECT_FALSE(matches_line("id … committed", "id 7-0-1 aborted"));
  EXPECT_FALSE(matches_line("committed", "committed?"));
  EXPECT_TRUE(matches_line("…a…b", "xxaab"));
  EXPECT_TRUE(matches({"a", "…", "d"}, "a\nb\nc\nd\n"));
  EXPECT_TRUE(matches({"a", "…", "d"}, "a\nd\n"));
  EXPECT_FALSE(matches({"a", "…", "d"}, "a\nb\n"));
  EXPECT_FALSE(matches({}, "a\n"));
  EXPECT_TRUE(matches({}, ""));
}

/// What the page says a reader has: the programs on PATH, the sources in $TROTH, and wait_for.
std::string preamble() {
  const auto folder = [](const std::string& program) { return std::filesystem::path(program).parent_path().string(); };
  return "export PATH='" + folder(TROTH_TROTHD) + ":" + folder(TROTH_CTL) + ":" + folder(TROTH_BANK) + ":" +
         folder(TROTH_DYING_BANK) + ":" + folder(TROTH_PROMETHEUS) + "':$PATH\n" + "export TROTH='" + TROTH_SOURCE_DIR +
         "'\n"
         "unset TROTH_ENDPOINTS TROTH_COORDINATOR\n"
         "wait_for() {\n"
         "  local until=$((SECONDS + 60)) said\n"
         "  until said=$(eval \"$*\" 2>&1); do\n"
         "    if ((SECONDS > until)); then printf 'waited in vain: %s\\n%s\\n' \"$*\" \"$said\"; return 1; fi\n"
         "    sleep 0.1\n"
         "  done\n"
         "}\n";
}

/// Types a section of the page and compares what each command prints.
void follow(const std::string& section, std::size_t at_least) {
  const auto steps = steps_of(read_file(std::string(TROTH_SOURCE_DIR) + "/docs/operations.md"), section);
  ASSERT_GE(steps.size(), at_least) << "the section is not there";
  const TempDir dir;
  Shell shell(dir.path(), preamble());
  for (const Step& step : steps) {
    const Said said = shell.run(step.command);
    auto expected = step.expected;
    while (!expected.empty() && expected.back().empty()) expected.pop_back();
    std::string shown;
    for (const std::string& line : expected) shown += line + "\n";
    ASSERT_TRUE(said.ended && said.code == 0 && matches(expected, said.text))
        << "docs/operations.md:" << step.line << ": $ " << step.command << "\n--- expected\n"
        << shown << "--- printed" << (said.ended ? ", exit " + std::to_string(said.code) : ", and goes on") << "\n"
        << said.text;
  }
}

TEST(Story, OfANightGoesAsItIsWritten) {
  follow("A night, line by line", 40);
}

TEST(Story, OfARestoreGoesAsItIsWritten) {
  follow("Backup and restore", 20);
}

/// What stands in backquotes or in a block and begins with trothctl is a command that exists.
TEST(Page, NamesOnlyCommandsThatExist) {
  const std::string page = read_file(std::string(TROTH_SOURCE_DIR) + "/docs/operations.md");
  static const std::regex kCommand("trothctl (tx|participants|log|outcomes|config) ([a-z]+)");
  std::set<std::string> named;
  for (std::sregex_iterator at(page.begin(), page.end(), kCommand), end; at != end; ++at) named.insert(at->str());
  EXPECT_GE(named.size(), 8u);
  const TempDir dir;
  Shell shell(dir.path(), preamble());
  for (const std::string& command : named) EXPECT_EQ(shell.run(command + " --help").code, 0) << command;
  EXPECT_NE(shell.run("trothctl tx settle --help").code, 0) << "this check could not have failed";
}

}  // namespace
}  // namespace troth::e2e
