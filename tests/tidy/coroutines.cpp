// The coroutine rule: in the full expression around co_await only names, calls, std::move(name) and literals. g++ 12
// destroys twice what an aggregate temporary, a lambda that captures by value or an arm of ?: holds there.
#include <cctype>
#include <regex>

#include "tests/tidy/rules.h"

namespace troth::tidy {

namespace {

bool is_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// The expression around one co_await, looked at from there in both directions.
class Expression {
 public:
  Expression(const std::string& code, std::size_t at) : code_(code), at_(at) {}

  std::string fault() const {
    auto why = behind();
    return why.empty() ? ahead() : why;
  }

 private:
  std::size_t solid_before(std::size_t i) const {
    while (i > 0 && std::isspace(static_cast<unsigned char>(code_[i - 1])) != 0) --i;
    return i == 0 ? std::string::npos : i - 1;
  }
  char char_before(std::size_t i) const {
    const auto found = solid_before(i);
    return found == std::string::npos ? '\0' : code_[found];
  }
  char char_after(std::size_t i) const {
    const auto found = code_.find_first_not_of(" \t\n", i + 1);
    return found == std::string::npos ? '\0' : code_[found];
  }

  /// `[` that begins a lambda with captures, not a subscript.
  bool captures(std::size_t i) const {
    const char before = char_before(i);
    return char_after(i) != ']' && !is_name(before) && before != ')' && before != ']' && before != '[';
  }

  /// The `{` at `i` opens a block (a body, not a value).
  bool opens_block(std::size_t i) const {
    static const std::regex kBlockWord("\\b(else|do|try|const|noexcept|override|mutable|final)$");
    static const std::regex kReturnType("->[^;{}(),=]*$");
    const auto last = solid_before(i);
    if (last == std::string::npos) return true;
    if (std::string("){};:").find(code_[last]) != std::string::npos) return true;
    const std::string head = code_.substr(last < 120 ? 0 : last - 120, last + 1 - (last < 120 ? 0 : last - 120));
    return std::regex_search(head, kBlockWord) || std::regex_search(head, kReturnType);
  }

  std::string behind() const {
    for (std::size_t i = at_; i-- > 0;) {
      const char c = code_[i];
      if (c == ';') return {};
      if (c == '{') return opens_block(i) ? std::string{} : "a temporary made with braces";
      if (c == '}') {
        const char next = char_after(i);
        if (next == ',' || next == ')' || next == '.') return "a temporary made with braces";
        return {};
      }
      if (c == '?') return "?:";
      if (c == '[' && captures(i)) return "a lambda with captures";
    }
    return {};
  }

  std::string ahead() const {
    int depth = 0;
    for (std::size_t i = at_; i < code_.size(); ++i) {
      const char c = code_[i];
      if (c == '(') ++depth;
      if (c == ')') --depth;
      if ((c == ';' && depth <= 0) || c == '}') return {};
      if (c == '{') return depth < 0 && opens_block(i) ? std::string{} : "braces (an aggregate or a lambda)";
      if (c == '?') return "?:";
      if (c == '[' && captures(i)) return "a lambda with captures";
    }
    return {};
  }

  const std::string& code_;
  std::size_t at_;
};

}  // namespace

Findings check_coroutines(const Source& source) {
  static const std::regex kAwait("\\bco_await\\b");
  Findings found;
  if (!is_cpp(source.path)) return found;
  const bool may_await = starts_with(source.path, "proto/transport/") || starts_with(source.path, "tests/proto/");
  for (std::sregex_iterator it(source.code.begin(), source.code.end(), kAwait), end; it != end; ++it) {
    const auto at = static_cast<std::size_t>(it->position());
    const std::string where = source.path + ":" + std::to_string(line_at(source.code, at)) + ": ";
    if (!may_await) found.push_back(where + "coroutines live in proto/transport only");
    const auto fault = Expression(source.code, at).fault();
    if (!fault.empty()) found.push_back(where + fault + " in the expression around co_await: name it first");
  }
  return found;
}

}  // namespace troth::tidy
