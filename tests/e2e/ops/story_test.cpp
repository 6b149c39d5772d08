// The operator story of docs/operations.md, typed line by line: what a reader copies is what this test runs.
#include <gtest/gtest.h>

#include <filesystem>

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

TEST(Story, GoesAsItIsWritten) {
  const auto steps =
      steps_of(read_file(std::string(TROTH_SOURCE_DIR) + "/docs/operations.md"), "A night, line by line");
  ASSERT_GE(steps.size(), 20u) << "the story is not there";
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

}  // namespace
}  // namespace troth::e2e
