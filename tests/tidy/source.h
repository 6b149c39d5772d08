// tests/tidy/source.h: the sources of this repository as text, for the rules to look at.
#pragma once

#include <string>
#include <vector>

namespace troth::tidy {

/// `code` has the lines of `text`, with comments and the contents of string and character literals blanked: what looks
/// like code in it is code. #include lines keep their file name.
struct Source {
  std::string path;  // from the top of the repository, with /
  std::string text;
  std::string code;
};

Source make_source(std::string path, std::string text);

/// What git knows of `top`, or, where there is no git, every file outside build/ and hidden folders.
std::vector<std::string> files_of(const std::string& top);
std::string read_file(const std::string& path);

bool starts_with(const std::string& text, const std::string& prefix);
bool ends_with(const std::string& text, const std::string& suffix);
bool is_cpp(const std::string& path);
std::vector<std::string> lines_of(const std::string& text);
std::size_t line_at(const std::string& text, std::size_t position);

}  // namespace troth::tidy
