// The manual pages say what --help says: every command, option and exit code is there, in the same words, and no other.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>

#include "coordinator/ctl/verb.h"
#include "coordinator/server/options.h"

namespace troth::ctl {
namespace {

/// The page without escapes, in one line for each of its own, by heading.
std::map<std::string, std::string> sections_of(const std::string& name) {
  std::ifstream file(std::string(TROTH_SOURCE_DIR) + "/docs/man/" + name);
  EXPECT_TRUE(file) << name;
  std::map<std::string, std::string> sections;
  std::string heading;
  for (std::string line; std::getline(file, line);) {
    line = std::regex_replace(line, std::regex(R"(\\(.))"), "$1");
    const auto hashes = line.find_first_not_of('#');
    if (hashes != 0 && hashes != line.npos) {
      heading = line.substr(hashes + 1);
    } else {
      sections[heading] += line + "\n";
    }
  }
  return sections;
}

std::string on_one_line(const std::string& text) {
  return std::regex_replace(text, std::regex(R"(\s+)"), " ");
}

/// The long options that a section defines, each on a line of its own.
std::set<std::string> options_of(const std::string& section) {
  std::set<std::string> found;
  const std::regex definition(R"((?:^|\n)(?:\*-\w\*, )?\*(--[a-z-]+)\*)");
  for (std::sregex_iterator it(section.begin(), section.end(), definition), end; it != end; ++it)
    found.insert((*it)[1]);
  return found;
}

void expect_parameters(const std::string& section, const std::vector<Parameter>& parameters,
                       std::set<std::string> more) {
  const std::string text = on_one_line(section);
  for (const Parameter& parameter : parameters) {
    if (parameter.name.starts_with('-')) more.insert(parameter.name);
    const std::string value = parameter.value.empty() ? "" : " _" + parameter.value + "_";
    const bool is_option = parameter.name.starts_with('-');
    const std::string definition = is_option ? "*" + parameter.name + "*" + value : "_" + parameter.name + "_";
    EXPECT_NE(text.find(definition + " " + parameter.help), std::string::npos)
        << definition << " " << parameter.help << "\nis not in\n"
        << section;
  }
  EXPECT_EQ(options_of(section), more) << section;
}

TEST(ManualPage, OfTrothctlHasEveryCommandAndOption) {
  auto sections = sections_of("trothctl.1.scd");
  std::set<std::string> known;
  for (const Verb& verb : verbs()) {
    std::string heading = "trothctl " + verb.path();
    for (const Parameter& parameter : verb.parameters) {
      if (!parameter.name.starts_with('-')) heading += " " + parameter.name;
    }
    ASSERT_TRUE(sections.contains(heading)) << heading;
    known.insert(heading);
    const std::string summary = verb.summary.substr(1);
    EXPECT_NE(on_one_line(sections[heading]).find(summary), std::string::npos) << heading << ": " << summary;
    expect_parameters(sections[heading], verb.parameters, {});
  }
  for (const auto& [heading, text] : sections) {
    EXPECT_TRUE(!heading.starts_with("trothctl ") || known.contains(heading)) << heading;
  }
  expect_parameters(sections["OPTIONS OF EVERY COMMAND"], common_options(), {"--help", "--version"});
}

TEST(ManualPage, OfTrothctlHasEveryExitCode) {
  const std::string text = on_one_line(sections_of("trothctl.1.scd")["EXIT STATUS"]);
  std::size_t count = 0;
  for (const ExitCode& code : exit_codes()) {
    const std::string line = "*" + std::to_string(code.code) + "* " + std::string(code.meaning);
    EXPECT_NE(text.find(line), std::string::npos) << line;
    ++count;
  }
  const std::regex number(R"(\*\d+\*)");
  EXPECT_EQ(std::distance(std::sregex_iterator(text.begin(), text.end(), number), {}),
            static_cast<std::ptrdiff_t>(count));
}

TEST(ManualPage, OfTrothdHasEveryFlag) {
  const std::string section = sections_of("trothd.8.scd")["OPTIONS"];
  const std::string text = on_one_line(section);
  std::set<std::string> known = {"--help", "--config", "--check-config", "--version"};
  for (const server::Option& option : server::options()) {
    const std::string name = "--" + std::string(option.name);
    known.insert(name);
    EXPECT_TRUE(std::regex_search(text, std::regex("\\*" + name + "\\*( _[A-Z]+_)? ")) &&
                text.find(std::string(option.help)) != std::string::npos)
        << name << ": " << option.help;
  }
  EXPECT_EQ(options_of(section), known);
}

}  // namespace
}  // namespace troth::ctl
