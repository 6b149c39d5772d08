// The operator story of docs/operations.md, typed line by line: what a reader copies is what this test runs.
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>
#include <sstream>

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

/// The lines of the first ```sh block below a heading.
std::vector<std::string> script_below(const std::string& heading) {
  const std::string page = read_file(std::string(TROTH_SOURCE_DIR) + "/docs/operations.md");
  const auto begin = page.find("```sh\n", std::min(page.find("\n" + heading + "\n"), page.size()));
  if (begin == std::string::npos) return {};
  std::istringstream block(page.substr(begin + 6, page.find("```", begin + 6) - begin - 6));
  std::vector<std::string> lines;
  for (std::string line; std::getline(block, line);) lines.push_back(line);
  return lines;
}

/// What is typed as root on a real machine, in a directory that stands for /var/lib, by whoever runs this.
void type_for_real(const std::string& heading) {
  const TempDir dir;
  Shell shell(dir.path(), preamble() + R"(
runuser() { test "$1 $2 $3" = "-u troth --" && shift 3 && "$@" --yes; }
systemctl() {
  if [ "$1" = stop ]; then kill $(cat pid) && wait_for '! kill -0 $(cat pid)'; return; fi
  rm -f port
  (trothd --data-dir lib/troth --listen 127.0.0.1:0 --port-file port > trothd.log 2>&1 & echo $! > pid)
  wait_for test -s port && export TROTH_ENDPOINTS=127.0.0.1:$(cat port)
}
)");
  const auto type = [&shell](const std::string& command) {
    const Said said = shell.run(command);
    ASSERT_TRUE(said.ended && said.code == 0) << "$ " << command << "\n" << said.text;
  };
  ASSERT_NO_FATAL_FAILURE(type("mkdir -p lib/troth && systemctl start trothd"));
  ASSERT_NO_FATAL_FAILURE(type("trothctl log backup --to troth-2026-11-21.backup"));
  const auto lines = script_below(heading);
  ASSERT_GE(lines.size(), 3u) << heading;
  for (const std::string& line : lines) {
    const std::string here = std::regex_replace(line, std::regex("/var/lib/"), "lib/");
    ASSERT_NO_FATAL_FAILURE(type(std::regex_replace(here, std::regex("-o troth -g troth "), "")));
  }
  type("grep ' epoch 8 ' trothd.log");
}

TEST(Story, OfARealRestoreGoesAsItIsWritten) {
  type_for_real("### For real");
}

TEST(Story, OfAnOldCopyGoesAsItIsWritten) {
  type_for_real("## An old copy of the log");
}

/// As root they would leave files that trothd cannot open.
TEST(Page, TouchesTheRealDirectoryAsItsUserOnly) {
  std::istringstream page(read_file(std::string(TROTH_SOURCE_DIR) + "/docs/operations.md"));
  int seen = 0;
  for (std::string line; std::getline(page, line);) {
    if (!std::regex_search(line, std::regex("log (restore|salvage) /"))) continue;
    ++seen;
    EXPECT_EQ(line.rfind("runuser -u troth -- trothctl", 0), 0u) << line;
  }
  EXPECT_GE(seen, 3);
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
