// tests/scenarios/language.h: the text of a scenario, taken apart and put together again (README.md has the language).
//
// Knows lines, blocks and words; what the words mean is the world's. Whatever it cannot read it refuses with file:line.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "proto/values/ids.h"
#include "proto/values/words.h"

namespace troth::scenarios {

/// A scenario says something that nobody understands. `what()` begins with file:line.
struct BadScenario : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One command. A world takes its words out, one after the other; `done` refuses what is left over.
class Command {
 public:
  Command(std::string where, std::vector<std::string> words) : where_(std::move(where)), words_(std::move(words)) {}

  /// The next word, which must be there; `what` says what it should be.
  std::string next(const std::string& what);
  /// Everything that is neither an option nor taken, in order.
  std::vector<std::string> rest();
  bool has_more() const { return !words_.empty(); }
  /// The value of `name=value`, if there is one, anywhere in the command.
  std::optional<std::string> option(const std::string& name);
  /// What is left, in order: words, and the values of `name=value`.
  std::vector<std::string> rest_with(const std::string& name);
  /// True if this word stands anywhere in the command.
  bool flag(const std::string& word);
  /// Nothing may be left.
  void done() const;
  [[noreturn]] void refuse(const std::string& why) const;

  std::uint64_t to_number(const std::string& text) const;
  /// "20ms", "3s" or "2h".
  Millis to_duration(const std::string& text) const;

 private:
  std::string where_;
  std::vector<std::string> words_;
};

/// The word as api.md spells it, or refused.
VoteKind vote_of(const Command& command, const std::string& text);
AckResult ack_of(const Command& command, const std::string& text);

/// One line of input. `together`: its commands happen in one turn.
struct InputLine {
  std::vector<Command> commands;
  bool together = false;
};

/// Input, and the trace that is expected of it, one entry a line.
struct Block {
  std::vector<InputLine> input;
  std::vector<std::string> expected;
  std::size_t trace_line = 0;  // the file's line after `----`, counted from 1
};

struct Scenario {
  std::string path;
  std::string world;  // "engine", "sdk" or "core"
  std::vector<Block> blocks;
  std::vector<std::string> lines;  // the file as it is
};

/// Reads the text of a file; throws BadScenario.
Scenario parse(const std::string& path, const std::string& text);

/// The file with these traces in the place of the expected ones.
std::string with_traces(const Scenario& scenario, const std::vector<std::vector<std::string>>& traces);

/// What a scenario is played in.
class Stage {
 public:
  virtual ~Stage() = default;
  virtual void play(Command& command) = 0;
  /// From here to the next call with false, commands happen in one turn.
  virtual void together(bool on) = 0;
  /// What has happened since the last call, as lines.
  virtual std::vector<std::string> take_trace() = 0;
};

/// Plays every block on a stage of the scenario's kind, and returns their traces; throws BadScenario.
std::vector<std::vector<std::string>> play(const Scenario& scenario);

/// The scenarios of the source tree, by name.
std::vector<std::string> all_files();
std::string name_of(const std::string& path);
std::string read_file(const std::string& path);

}  // namespace troth::scenarios
