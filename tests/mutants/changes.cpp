#include "tests/mutants/changes.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>

namespace troth::mutants {
namespace {

[[noreturn]] void refuse(const std::string& list, int line, const std::string& what) {
  throw std::runtime_error(list + ":" + std::to_string(line) + ": " + what);
}

/// The rest of `line` after `word`, if it begins with it.
bool takes(const std::string& line, const std::string& word, std::string& rest) {
  if (line.rfind(word + " ", 0) != 0) return false;
  rest = line.substr(word.size() + 1);
  return true;
}

/// One list, line by line.
class Reader {
 public:
  Reader(const std::string& list, const std::string& text, Changes& into) : list_(list), lines_(text), into_(into) {}

  void read() {
    std::string rest;
    while (next()) {
      if (line_.empty() || line_[0] == '#') continue;
      if (takes(line_, "mutant", rest)) {
        begin(rest);
        into_.mutants.push_back({rest, {}, {}, list_, number_});
        is_mutant_ = true;
      } else if (takes(line_, "probe", rest)) {
        begin(rest);
      } else if (takes(line_, "rule:", rest) && is_mutant_) {
        into_.mutants.back().rule = rest;
      } else if (takes(line_, "harness:", rest) && is_mutant_) {
        into_.mutants.back().harness = rest;
      } else if (takes(line_, "in", rest) && !of_.empty()) {
        file_ = rest;
      } else if (line_ == "---- product" && !file_.empty()) {
        read_change();
      } else {
        refuse(list_, number_, "not understood here: " + line_);
      }
    }
  }

 private:
  bool next() {
    ++number_;
    return static_cast<bool>(std::getline(lines_, line_));
  }

  void begin(const std::string& name) {
    of_ = name;
    file_.clear();
    is_mutant_ = false;
  }

  std::string text_until(const std::string& end) {
    std::string text;
    const int from = number_;
    while (next()) {
      if (line_ == end) return text;
      text += line_ + "\n";
    }
    refuse(list_, from, "no line '" + end + "' ends what begins here");
  }

  void read_change() {
    Change change{file_, {}, {}, list_, 0, of_};
    change.product = text_until("---- mutated");
    change.line = number_ + 1;
    change.mutated = text_until("----");
    if (change.product.empty()) refuse(list_, change.line, "no product text to change");
    into_.changes.push_back(std::move(change));
  }

  std::string list_;
  std::istringstream lines_;
  Changes& into_;
  std::string line_;
  int number_ = 0;
  std::string of_;
  std::string file_;
  bool is_mutant_ = false;
};

/// Where whole lines `part` begin in `text`.
std::vector<std::size_t> places_of(const std::string& part, const std::string& text) {
  std::vector<std::size_t> places;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    if (at == 0 || text[at - 1] == '\n') places.push_back(at);
  }
  return places;
}

std::size_t place_of(const Change& change, const std::string& text) {
  const auto places = places_of(change.product, text);
  if (places.size() == 1) return places.front();
  const std::string found = places.empty() ? "is not found" : "stands " + std::to_string(places.size()) + " times";
  refuse(change.list, change.line,
         "the product text of '" + change.of + "' " + found + " in " + change.file +
             "; the mutant must follow the code:\n" + change.product);
}

std::string line_directive(std::ptrdiff_t number, const std::string& file) {
  return "#line " + std::to_string(number) + " \"" + file + "\"\n";
}

std::string quoted(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '"' || c == '\\') safe.push_back('\\');
    safe.push_back(c);
  }
  return "\"" + safe + "\"";
}

}  // namespace

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(path + ": cannot be read");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void read_list(const std::string& name, const std::string& text, Changes& into) {
  Reader(name, text, into).read();
}

void check(const Changes& all) {
  static const std::regex kKebab("[a-z]+(-[a-z]+)*");
  std::set<std::string> names;
  for (const Mutant& mutant : all.mutants) {
    if (!std::regex_match(mutant.name, kKebab)) refuse(mutant.list, mutant.line, mutant.name + " is not kebab-case");
    if (!names.insert(mutant.name).second) refuse(mutant.list, mutant.line, mutant.name + " stands twice");
    if (mutant.rule.empty()) refuse(mutant.list, mutant.line, mutant.name + " says no rule");
    const std::string asks = "mutant::on(mutant::Id::" + id_of(mutant.name) + ")";
    const bool is_asked = std::any_of(all.changes.begin(), all.changes.end(), [&](const Change& change) {
      return change.mutated.find(asks) != std::string::npos;
    });
    if (!is_asked && mutant.harness.empty()) {
      refuse(mutant.list, mutant.line, "nothing asks " + asks + ", and no harness either");
    }
  }
}

std::string changed_copy(const Changes& all, const std::string& file, const std::string& path,
                         const std::string& product) {
  std::map<std::size_t, const Change*> places;
  for (const Change& change : all.changes) {
    if (change.file != file) continue;
    const auto [other, is_new] = places.emplace(place_of(change, product), &change);
    if (!is_new) refuse(change.list, change.line, "changes the same lines as '" + other->second->of + "': make it one");
  }
  std::string copy = "#include \"tests/mutants/mutant.h\"\n" + line_directive(1, path);
  std::size_t done = 0;
  const Change* before = nullptr;
  for (const auto& [at, change] : places) {
    if (at < done) refuse(change->list, change->line, "overlaps the lines of '" + before->of + "': make it one");
    const std::size_t after = at + change->product.size();
    copy += product.substr(done, at - done) + line_directive(change->line, change->list) + change->mutated;
    const auto lines_before = std::count(product.begin(), product.begin() + static_cast<std::ptrdiff_t>(after), '\n');
    copy += line_directive(lines_before + 1, path);
    done = after;
    before = change;
  }
  return copy + product.substr(done);
}

std::string id_of(const std::string& name) {
  std::string id = "k";
  bool is_first = true;
  for (const char c : name) {
    if (c != '-') id.push_back(is_first ? static_cast<char>(c - 'a' + 'A') : c);
    is_first = c == '-';
  }
  return id;
}

std::string ids_header(const Changes& all) {
  std::string text =
      "// Made by mutate from the lists of mutants.\n#pragma once\n\n"
      "namespace troth::mutant {\nenum class Id : int {\n  kNone = 0,\n";
  for (const Mutant& mutant : all.mutants) text += "  " + id_of(mutant.name) + ",\n";
  return text + "};\n}  // namespace troth::mutant\n";
}

std::string names_source(const Changes& all) {
  std::string text =
      "// Made by mutate from the lists of mutants.\n#include \"tests/mutants/mutant.h\"\n\n"
      "namespace troth::mutant {\nstd::span<const Info> all() {\n  static constexpr Info kAll[] = {\n";
  for (const Mutant& mutant : all.mutants) {
    std::set<std::string> files;
    const std::string asks = "mutant::Id::" + id_of(mutant.name) + ")";
    for (const Change& change : all.changes) {
      if (change.mutated.find(asks) != std::string::npos) files.insert(change.file);
    }
    std::string where;
    for (const auto& file : files) where += (where.empty() ? "" : ", ") + file;
    text += "      {Id::" + id_of(mutant.name) + ", " + quoted(mutant.name) + ", " + quoted(mutant.rule) + ", " +
            quoted(where) + ", " + quoted(mutant.harness) + "},\n";
  }
  return text + "  };\n  return kAll;\n}\n}  // namespace troth::mutant\n";
}

}  // namespace troth::mutants
