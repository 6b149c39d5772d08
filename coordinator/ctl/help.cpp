// What --help prints: examples first, since most people came for one.
#include <algorithm>
#include <sstream>

#include "coordinator/ctl/suggest.h"
#include "coordinator/ctl/verb.h"

namespace troth::ctl {
namespace {

constexpr std::size_t kTextWidth = 116;

struct Row {
  std::string name;
  std::string text;
};

/// Two columns; the second is folded between words.
void print_rows(std::ostream& out, const std::string& title, const std::vector<Row>& rows) {
  if (rows.empty()) return;
  std::size_t width = 0;
  for (const Row& row : rows) width = std::max(width, row.name.size() + 4);
  out << "\n" << title << "\n";
  for (const Row& row : rows) {
    std::string line = "  " + row.name + std::string(width - row.name.size() - 2, ' ');
    std::istringstream words(row.text);
    for (std::string word; words >> word;) {
      if (line.size() + word.size() + 1 > kTextWidth) {
        out << line << "\n";
        line = std::string(width, ' ');
      }
      line += (line.ends_with(' ') ? "" : " ") + word;
    }
    out << line << "\n";
  }
}

Row row_of(const Parameter& parameter) {
  std::string name = parameter.shorthand.empty() ? parameter.name : parameter.shorthand + ", " + parameter.name;
  if (!parameter.value.empty()) name += " " + parameter.value;
  std::string text = parameter.help;
  if (parameter.repeats) text += " (may be given several times)";
  if (parameter.required && parameter.name.starts_with('-')) text += " (required)";
  return {name, text};
}

std::vector<Row> rows_of(const std::vector<Parameter>& parameters, bool are_options) {
  std::vector<Row> rows;
  for (const Parameter& parameter : parameters) {
    if (parameter.name.starts_with('-') == are_options) rows.push_back(row_of(parameter));
  }
  return rows;
}

void print_examples(std::ostream& out, const std::vector<std::string>& examples) {
  for (const auto& example : examples) out << "  " << example << "\n";
}

std::vector<Row> rows_of_common() {
  auto rows = rows_of(common_options(), true);
  rows.push_back({"-h, --help", "print this"});
  return rows;
}

void print_exit_codes(std::ostream& out) {
  std::vector<Row> rows;
  for (const ExitCode& code : exit_codes()) rows.push_back({std::to_string(code.code), std::string(code.meaning)});
  print_rows(out, "Exit codes", rows);
}

std::vector<Row> rows_of_group(const std::string& group) {
  std::vector<Row> rows;
  for (const Verb& verb : verbs()) {
    if (verb.group == group) rows.push_back({verb.path(), verb.summary});
  }
  return rows;
}

}  // namespace

std::string help_of_program() {
  std::ostringstream out;
  print_examples(out, {"trothctl status", "trothctl tx list --state attention", "trothctl doctor"});
  out << "\ntrothctl looks after a Troth transaction coordinator: what hangs and why, and what can be done about it.\n"
         "Data goes to stdout, all else to stderr; off a terminal, tables have one tab between columns.\n";
  auto rows = rows_of_group("");
  for (const Group& group : groups()) {
    const auto more = rows_of_group(group.name);
    rows.insert(rows.end(), more.begin(), more.end());
  }
  print_rows(out, "Commands (`tx` is short for `transactions`)", rows);
  auto common = rows_of_common();
  common.push_back({"--version", "print the version"});
  print_rows(out, "Options of every command", common);
  print_exit_codes(out);
  return out.str();
}

std::string help_of(const Group& group) {
  std::ostringstream out;
  std::vector<std::string> examples;
  for (const Verb& verb : verbs()) {
    if (verb.group == group.name) examples.push_back(verb.examples.front());
  }
  print_examples(out, examples);
  out << "\n" << group.name << (group.alias.empty() ? "" : " (" + group.alias + ")") << ": " << group.summary << "\n";
  print_rows(out, "Commands", rows_of_group(group.name));
  out << "\n`trothctl " << group.name << " COMMAND --help` says more.\n";
  return out.str();
}

std::string help_of(const Verb& verb) {
  std::ostringstream out;
  print_examples(out, verb.examples);
  out << "\n" << verb.path() << ": " << verb.summary << "\n\nUsage: trothctl " << verb.path();
  for (const Parameter& parameter : verb.parameters) {
    if (!parameter.name.starts_with('-'))
      out << " " << (parameter.required ? parameter.name : "[" + parameter.name + "]");
  }
  out << " [options]\n";
  print_rows(out, "Words", rows_of(verb.parameters, false));
  print_rows(out, "Options", rows_of(verb.parameters, true));
  print_rows(out, "Options of every command", rows_of_common());
  return out.str();
}

}  // namespace troth::ctl
