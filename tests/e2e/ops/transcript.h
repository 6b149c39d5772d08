// tests/e2e/ops/transcript.h: a section of a Markdown page as commands with what they print.
#pragma once

#include <string>
#include <vector>

namespace troth::e2e {

/// A command as it is typed, and the lines it prints.
struct Step {
  int line = 0;  // of the page, from 1
  std::string command;
  std::vector<std::string> expected;
};

/// The ```console blocks below the heading `## <section>`, up to the next `## `. A line that begins with "$ " is a
/// command; those after it that begin with "> " continue it; all others are what it prints. Empty when there is no
/// such section.
std::vector<Step> steps_of(const std::string& page, const std::string& section);

/// True when `line` is `pattern`: … stands for anything, one or more blanks for one or more blanks; those at the end do
/// not count.
bool matches_line(const std::string& pattern, const std::string& line);
/// True when the text is the pattern line by line; a line that is … alone stands for any number of lines, also none.
bool matches(const std::vector<std::string>& pattern, const std::string& text);

}  // namespace troth::e2e
