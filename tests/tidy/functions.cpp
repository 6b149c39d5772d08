// How long functions are: a walk over braces, good enough for code that clang-format has laid out.
#include <algorithm>
#include <regex>

#include "tests/tidy/rules.h"

namespace troth::tidy {

namespace {

/// `template <…>` at the start of a declaration says `class` without declaring one.
std::string without_template(const std::string& head) {
  static const std::regex kTemplate("^\\s*template\\s*<");
  if (!std::regex_search(head, kTemplate)) return head;
  int depth = 0;
  for (std::size_t i = head.find('<'); i < head.size(); ++i) {
    if (head[i] == '<') ++depth;
    if (head[i] == '>' && --depth == 0) return without_template(head.substr(i + 1));
  }
  return head;
}

/// What stands before a `{` outside of functions: does it open a function's body?
bool opens_function(const std::string& head) {
  static const std::regex kScope("\\b(namespace|class|struct|union|enum)\\b[^()]*$|extern\\s+\"");
  const std::string plain = without_template(head);
  return plain.find(')') != std::string::npos && !std::regex_search(plain, kScope);
}

class FunctionWalk {
 public:
  explicit FunctionWalk(const Source& source) : source_(source), code_(source.code) {}

  Findings walk() {
    blank_preprocessor();
    for (std::size_t i = 0; i < code_.size(); ++i) {
      if (code_[i] == '{') open(i);
      if (code_[i] == '}') close(i);
      // Only outside of functions: there a `;` ends a declaration, also one in the head of a class.
      if (code_[i] == ';' && !in_function_) head_begin_ = i + 1;
    }
    return std::move(found_);
  }

 private:
  void blank_preprocessor() {
    bool in_directive = false;
    for (std::size_t i = 0; i < code_.size(); ++i) {
      const bool line_begins = i == 0 || code_[i - 1] == '\n';
      if (line_begins && !in_directive) in_directive = code_.find_first_not_of(" \t", i) == code_.find('#', i);
      if (code_[i] == '\n') {
        in_directive = in_directive && i > 0 && source_.code[i - 1] == '\\';
      } else if (in_directive) {
        code_[i] = ' ';
      }
    }
  }

  void open(std::size_t at) {
    ++depth_;
    if (in_function_) return;
    if (opens_function(code_.substr(head_begin_, at - head_begin_))) {
      in_function_ = true;
      function_depth_ = depth_;
      const auto first = code_.find_first_not_of(" \t\n", head_begin_);
      function_line_ = line_at(code_, std::min(first, at));
    } else {
      head_begin_ = at + 1;
    }
  }

  void close(std::size_t at) {
    if (in_function_ && depth_ == function_depth_) {
      in_function_ = false;
      const auto lines = line_at(code_, at) - function_line_ + 1;
      if (lines > kMaxFunctionLines) {
        found_.push_back(source_.path + ":" + std::to_string(function_line_) + ": a function of " +
                         std::to_string(lines) + " lines, more than " + std::to_string(kMaxFunctionLines));
      }
    }
    --depth_;
    if (!in_function_) head_begin_ = at + 1;
  }

  const Source& source_;
  std::string code_;
  Findings found_;
  std::size_t head_begin_ = 0;
  std::size_t function_line_ = 0;
  int depth_ = 0;
  int function_depth_ = 0;
  bool in_function_ = false;
};

}  // namespace

Findings check_function_size(const Source& source) {
  return is_cpp(source.path) ? FunctionWalk(source).walk() : Findings{};
}

}  // namespace troth::tidy
