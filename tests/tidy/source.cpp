#include "tests/tidy/source.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

namespace troth::tidy {

namespace {

/// Walks over C++ text once and blanks what is not code, line breaks excepted.
class Blanker {
 public:
  explicit Blanker(const std::string& text) : text_(text), code_(text) {}

  std::string blank() {
    while (at_ < text_.size()) step();
    return std::move(code_);
  }

 private:
  bool sees(const char* what) const { return text_.compare(at_, std::char_traits<char>::length(what), what) == 0; }

  void step() {
    if (sees("//")) return blank_to(text_.find('\n', at_));
    if (sees("/*")) return blank_to(after(text_.find("*/", at_ + 2), 2));
    if (sees("#include")) return static_cast<void>(at_ = std::min(text_.find('\n', at_), text_.size()));
    if (sees("R\"")) return raw_string();
    if (text_[at_] == '"') return literal('"');
    const bool is_digit_separator = at_ > 0 && std::isxdigit(static_cast<unsigned char>(text_[at_ - 1])) != 0;
    if (text_[at_] == '\'' && !is_digit_separator) return literal('\'');
    ++at_;
  }

  void raw_string() {
    const auto open = text_.find('(', at_);
    const std::string close = ")" + text_.substr(at_ + 2, open - at_ - 2) + "\"";
    blank_to(after(text_.find(close, open), close.size()));
  }

  void literal(char quote) {
    auto end = at_ + 1;
    while (end < text_.size() && text_[end] != quote && text_[end] != '\n') end += text_[end] == '\\' ? 2 : 1;
    const auto begin = at_;
    blank_to(end + 1);
    code_[begin] = quote;
    if (end < text_.size()) code_[end] = quote;
  }

  std::size_t after(std::size_t found, std::size_t size) const {
    return found == std::string::npos ? text_.size() : found + size;
  }

  void blank_to(std::size_t end) {
    end = std::min(end, text_.size());
    for (; at_ < end; ++at_) {
      if (text_[at_] != '\n') code_[at_] = ' ';
    }
  }

  const std::string& text_;
  std::string code_;
  std::size_t at_ = 0;
};

std::vector<std::string> git_files(const std::string& top) {
  const std::string command = "git -C '" + top + "' ls-files -z 2>/dev/null";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string out;
  std::array<char, 4096> buffer{};
  for (std::size_t n = 0; pipe && (n = fread(buffer.data(), 1, buffer.size(), pipe.get())) > 0;) {
    out.append(buffer.data(), n);
  }
  std::vector<std::string> files;
  std::istringstream names(out);
  for (std::string name; std::getline(names, name, '\0');) {
    if (std::filesystem::exists(top + "/" + name)) files.push_back(name);
  }
  return files;
}

std::vector<std::string> walked_files(const std::string& top) {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  for (auto entry = fs::recursive_directory_iterator(top); entry != fs::recursive_directory_iterator(); ++entry) {
    const auto name = entry->path().filename().string();
    if (entry->is_directory() && (name[0] == '.' || name == "build")) entry.disable_recursion_pending();
    if (entry->is_regular_file()) files.push_back(fs::relative(entry->path(), top).generic_string());
  }
  return files;
}

}  // namespace

Source make_source(std::string path, std::string text) {
  std::string code = Blanker(text).blank();
  return {std::move(path), std::move(text), std::move(code)};
}

std::vector<std::string> files_of(const std::string& top) {
  auto files = git_files(top);
  if (files.empty()) files = walked_files(top);
  std::sort(files.begin(), files.end());
  return files;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

bool starts_with(const std::string& text, const std::string& prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

bool ends_with(const std::string& text, const std::string& suffix) {
  return text.size() >= suffix.size() && text.compare(text.size() - suffix.size(), suffix.size(), suffix) == 0;
}

bool is_cpp(const std::string& path) {
  return ends_with(path, ".h") || ends_with(path, ".cpp");
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::size_t line_at(const std::string& text, std::size_t position) {
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(position, text.size()));
  return 1 + static_cast<std::size_t>(std::count(text.begin(), end, '\n'));
}

}  // namespace troth::tidy
