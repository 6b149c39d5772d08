#include "tests/ctl/story.h"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>

namespace troth::ctl {
namespace {

using test::ScriptedParticipant;

/// Votes to commit and never acknowledges anything: what a service does that hangs after its vote.
ScriptedParticipant::Script votes_only() {
  return [](const session::Message& message) -> std::optional<session::Message> {
    const auto* prepare = std::get_if<session::Prepare>(&message);
    if (prepare == nullptr) return std::nullopt;
    return session::Vote{prepare->branch, VoteKind::kCommit, ""};
  };
}

ScriptedParticipant::Script script_of(const std::string& word) {
  if (word == "commit") return ScriptedParticipant::votes(VoteKind::kCommit);
  if (word == "abort") return ScriptedParticipant::votes(VoteKind::kAbort);
  return word == "votes-only" ? votes_only() : ScriptedParticipant::silent();
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

/// `last6 ID`: what the person types who copies the last six characters.
std::string answer_of(const std::string& line) {
  return (line.starts_with("last6 ") ? line.substr(line.size() - 6) : line) + "\n";
}

server::Config story_config() {
  server::Config config = test::test_config("");
  config.limits.header_timeout_ms = 30'000;  // this machine may be slow, and no story is about that
  config.limits.default_timeout_ms = 600'000;
  return config;
}

}  // namespace

World::World() : server_(story_config()) {
  const std::string first = server_.begin();
  id_start_ = first.substr(0, first.rfind('-') + 1);
  server_.post("/v1/transactions/" + first + "/abort");
}

std::string World::id(const std::string& n) const {
  return id_start_ + n;
}

void World::act(const std::string& line) {
  const auto words = split_as_shell(line);
  if (words.at(0) == "participant") {
    auto guest = std::make_unique<Guest>();
    guest->peer =
        ScriptedParticipant::connect(guest->io, server_.port(), test::hello(words.at(1)), script_of(words.at(2)));
    ASSERT_TRUE(guest->peer->wait_for<session::Welcome>()) << line;
    guests_[words.at(1)] = std::move(guest);
  } else if (words.at(0) == "gone") {
    guests_.erase(words.at(1));
  } else if (words.at(0) == "until") {
    const std::string path = unmasked(words.at(1));
    const std::string wanted = unmasked(words.at(2));
    EXPECT_TRUE(server_.eventually([&] { return server_.get(path).body.find(wanted) != std::string::npos; }))
        << line << "\n"
        << server_.get(path).body;
  } else {
    ADD_FAILURE() << "nobody knows how to: " << line;
  }
}

std::string World::masked(std::string text) const {
  text = replaced(std::move(text), endpoint(), "ENDPOINT");
  text = replaced(std::move(text), id_start_, "ID-");
  text = replaced(std::move(text), id_start_.substr(0, 13), "LOG");
  const std::pair<const char*, const char*> kMasks[] = {
      {R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)", "TIME"},
      {R"(\b\d+(ms|s|m\d\ds|h\d\dm)\b)", "AGE"},
      {R"(127\.0\.0\.1:\d+)", "HOST:PORT"},
      {R"(LSN \d+)", "LSN N"},
      {R"(Type \S+ to go on: )", "Type WORD to go on: "},
      {R"((\n)\d+(\t(?:active|preparing|committing|aborting|finished)\t))", "$1N$2"},
      // Sentences of the coordinator: they are printed as they come, and are tested where they are written.
      {R"((would change|warning): (?!the log knows|all branches).*)", "$1: WORDS"},
      {R"(error: .* \[action-refused\])", "error: WORDS [action-refused]"},
      {R"(revision\t\d+)", "revision\tN"},
      {R"(\d+ MiB)", "N MiB"},
      {R"((version\t|version: |trothctl |is )\d+\.\d+\.\d+)", "$1V"},
  };
  for (const auto& [pattern, by] : kMasks) text = std::regex_replace(text, std::regex(pattern), by);
  return text;
}

std::string World::unmasked(std::string text) const {
  return replaced(std::move(text), "ID-", id_start_);
}

Ran World::run(const std::vector<std::string>& words, const std::string& answers, bool on_terminal) {
  std::istringstream in(answers);
  std::ostringstream out;
  std::ostringstream err;
  Terminal terminal{in, out, err, !answers.empty(), on_terminal};
  const std::string here = endpoint();
  const Environment environment = [&here](const char* name) -> const char* {
    if (std::string(name) == "USER") return "alice";
    return std::string(name) == "TROTH_ENDPOINTS" ? here.c_str() : nullptr;
  };
  const int code = run_line(words, environment, terminal);
  return {code, out.str(), err.str()};
}

std::vector<std::string> split_as_shell(const std::string& line) {
  std::vector<std::string> words;
  bool is_quoted = false;
  bool is_word = false;
  std::string word;
  for (const char c : line + " ") {
    if (c == '\'') {
      is_quoted = !is_quoted;
      is_word = true;
    } else if (c == ' ' && !is_quoted) {
      if (is_word) words.push_back(word);
      word.clear();
      is_word = false;
    } else {
      word += c;
      is_word = true;
    }
  }
  return words;
}

std::string play(World& world, const std::string& story) {
  std::string played;
  std::istringstream lines(story);
  std::vector<std::string> all;
  for (std::string line; std::getline(lines, line);) all.push_back(line);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].starts_with("#")) played += all[i] + "\n";
    if (all[i].starts_with("% ")) {
      played += "\n" + all[i] + "\n";
      world.act(all[i].substr(2));
    }
    if (!all[i].starts_with("$ trothctl ")) continue;
    played += "\n" + all[i] + "\n";
    std::string answers;
    if (i + 1 < all.size() && all[i + 1].starts_with("< ")) {
      answers = answer_of(world.unmasked(all[i + 1].substr(2)));
      played += all[i + 1] + "\n";
    }
    const Ran ran = world.run(split_as_shell(world.unmasked(all[i].substr(11))), answers);
    played += world.masked(ran.out);
    std::istringstream said(world.masked(ran.err));
    for (std::string line; std::getline(said, line);) played += "! " + line + "\n";
    if (ran.code != 0) played += "= " + std::to_string(ran.code) + "\n";
  }
  return played;
}

std::string read_text(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace troth::ctl
