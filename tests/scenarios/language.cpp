#include "tests/scenarios/language.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "tests/scenarios/core_stage.h"
#include "tests/scenarios/engine_stage.h"
#include "tests/scenarios/sdk_stage.h"

namespace troth::scenarios {
namespace {

constexpr const char* kSeparator = "----";

bool is_blank(const std::string& line) {
  return line.find_first_not_of(' ') == std::string::npos;
}

/// Commands stand apart by two spaces or more, words by one.
std::vector<std::string> split_commands(const std::string& line) {
  std::vector<std::string> commands;
  for (std::size_t at = line.find_first_not_of(' '); at != std::string::npos;) {
    const auto end = line.find("  ", at);
    commands.push_back(line.substr(at, end - at));
    at = end == std::string::npos ? end : line.find_first_not_of(' ', end);
  }
  return commands;
}

std::vector<std::string> split_words(const std::string& command) {
  std::istringstream in(command);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

/// Reads a file's lines one by one.
class Reader {
 public:
  Reader(Scenario& scenario, const std::string& text) : scenario_(scenario) {
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) scenario_.lines.push_back(std::move(line));
  }

  void read() {
    read_head();
    while (skip_blank()) read_block();
  }

 private:
  std::string where(std::size_t line) const { return scenario_.path + ":" + std::to_string(line + 1); }
  bool at_end() const { return at_ == scenario_.lines.size(); }
  const std::string& line() const { return scenario_.lines[at_]; }
  bool skip_blank() {
    while (!at_end() && is_blank(line())) ++at_;
    return !at_end();
  }

  void read_head() {
    const std::string begins = "# " + name_of(scenario_.path) + ": ";
    if (at_end() || line().rfind(begins, 0) != 0 || line().size() == begins.size()) {
      throw BadScenario(where(0) + ": the first line says why the scenario exists: '" + begins + "...'");
    }
    ++at_;
    const auto words = at_end() ? std::vector<std::string>{} : split_words(line());
    if (words.size() != 2 || words[0] != "world") {
      throw BadScenario(where(at_) +
                        ": the second line says where it is played: 'world engine', 'world sdk' or 'world core'");
    }
    scenario_.world = words[1];
    if (scenario_.world != "engine" && scenario_.world != "sdk" && scenario_.world != "core") {
      throw BadScenario(where(at_) + ": no such world: " + scenario_.world);
    }
    ++at_;
  }

  void read_block() {
    Block block;
    for (; !at_end() && line() != kSeparator; ++at_) {
      if (is_blank(line()) || line()[0] == '#') continue;
      if (line()[0] == '>') throw BadScenario(where(at_) + ": a trace stands after '----'");
      block.input.push_back(read_input());
    }
    if (at_end()) throw BadScenario(where(at_) + ": the last input has no '----' after it");
    if (block.input.empty()) throw BadScenario(where(at_) + ": '----' without input");
    block.trace_line = ++at_ + 1;
    for (; !at_end() && !is_blank(line()); ++at_) block.expected.push_back(line());
    scenario_.blocks.push_back(std::move(block));
  }

  InputLine read_input() {
    InputLine input;
    for (const auto& command : split_commands(line())) {
      if (input.commands.empty() && command == "together") {
        if (scenario_.world != "engine") throw BadScenario(where(at_) + ": 'together' is a word of world engine");
        input.together = true;
      } else {
        input.commands.emplace_back(where(at_), split_words(command));
      }
    }
    return input;
  }

  Scenario& scenario_;
  std::size_t at_ = 0;
};

}  // namespace

std::string Command::next(const std::string& what) {
  const auto is_word = [](const std::string& word) { return word.find('=') == std::string::npos; };
  const auto found = std::find_if(words_.begin(), words_.end(), is_word);
  if (found == words_.end()) refuse("here " + what + " is missing");
  std::string word = std::move(*found);
  words_.erase(found);
  return word;
}

std::vector<std::string> Command::rest() {
  std::vector<std::string> taken;
  while (std::any_of(words_.begin(), words_.end(),
                     [](const std::string& word) { return word.find('=') == std::string::npos; })) {
    taken.push_back(next("a word"));
  }
  return taken;
}

std::optional<std::string> Command::option(const std::string& name) {
  const std::string begins = name + "=";
  const auto found =
      std::find_if(words_.begin(), words_.end(), [&](const auto& word) { return word.rfind(begins, 0) == 0; });
  if (found == words_.end()) return std::nullopt;
  std::string value = found->substr(begins.size());
  words_.erase(found);
  return value;
}

std::vector<std::string> Command::rest_with(const std::string& name) {
  const std::string begins = name + "=";
  std::vector<std::string> taken;
  std::vector<std::string> left;
  for (auto& word : words_) {
    if (word.rfind(begins, 0) == 0) {
      taken.push_back(word.substr(begins.size()));
    } else {
      (word.find('=') == std::string::npos ? taken : left).push_back(std::move(word));
    }
  }
  words_ = std::move(left);
  return taken;
}

bool Command::flag(const std::string& word) {
  const auto found = std::find(words_.begin(), words_.end(), word);
  if (found == words_.end()) return false;
  words_.erase(found);
  return true;
}

void Command::done() const {
  if (!words_.empty()) refuse("not understood: " + words_.front());
}

void Command::refuse(const std::string& why) const {
  throw BadScenario(where_ + ": " + why);
}

std::uint64_t Command::to_number(const std::string& text) const {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string::npos || text.size() > 15) {
    refuse("not a number: " + text);
  }
  return std::stoull(text);
}

Millis Command::to_duration(const std::string& text) const {
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string unit = text.substr(digits);
  const auto count = static_cast<Millis>(to_number(text.substr(0, digits)));
  if (unit == "ms") return count;
  if (unit == "s") return count * 1'000;
  if (unit == "h") return count * 3'600'000;
  refuse("not a duration (20ms, 3s, 2h): " + text);
}

VoteKind vote_of(const Command& command, const std::string& text) {
  for (const auto kind : {VoteKind::kCommit, VoteKind::kAbort, VoteKind::kReadOnly}) {
    if (word(kind) == text) return kind;
  }
  command.refuse("not a vote: " + text);
}

AckResult ack_of(const Command& command, const std::string& text) {
  for (const auto result : {AckResult::kCommitted, AckResult::kAborted, AckResult::kHeuristicCommit,
                            AckResult::kHeuristicAbort, AckResult::kHeuristicMixed, AckResult::kUnknownBranch}) {
    if (word(result) == text) return result;
  }
  command.refuse("not a result: " + text);
}

Scenario parse(const std::string& path, const std::string& text) {
  Scenario scenario;
  scenario.path = path;
  Reader(scenario, text).read();
  return scenario;
}

std::string with_traces(const Scenario& scenario, const std::vector<std::vector<std::string>>& traces) {
  std::string text;
  std::size_t copied = 0;
  for (std::size_t i = 0; i < scenario.blocks.size(); ++i) {
    const Block& block = scenario.blocks[i];
    for (; copied + 1 < block.trace_line; ++copied) text += scenario.lines[copied] + '\n';
    for (const auto& line : traces[i]) text += line + '\n';
    copied += block.expected.size();
  }
  for (; copied < scenario.lines.size(); ++copied) text += scenario.lines[copied] + '\n';
  return text;
}

std::vector<std::vector<std::string>> play(const Scenario& scenario) {
  std::unique_ptr<Stage> stage;
  if (scenario.world == "engine") stage = std::make_unique<EngineStage>();
  if (scenario.world == "sdk") stage = std::make_unique<SdkStage>();
  if (scenario.world == "core") stage = std::make_unique<CoreStage>();
  std::vector<std::vector<std::string>> traces;
  for (const Block& block : scenario.blocks) {
    for (const InputLine& line : block.input) {
      if (line.together) stage->together(true);
      for (Command command : line.commands) stage->play(command);
      if (line.together) stage->together(false);
    }
    traces.push_back(stage->take_trace());
  }
  return traces;
}

std::vector<std::string> all_files() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(TROTH_SOURCE_DIR) + "/tests/scenarios")) {
    if (entry.path().extension() == ".txt" && entry.path().filename() != "CMakeLists.txt") {
      files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string name_of(const std::string& path) {
  return std::filesystem::path(path).stem().string();
}

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace troth::scenarios
