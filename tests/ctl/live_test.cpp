// What holds for every command against a live coordinator: streams, formats, colours, errors, endpoints, watching.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "coordinator/ctl/suggest.h"
#include "coordinator/ctl/tx_list.h"
#include "tests/ctl/story.h"

namespace troth::ctl {
namespace {

using Words = std::vector<std::string>;

bool has_escape(const std::string& text) {
  return text.find('\033') != text.npos;
}

/// Commands that only look, against a coordinator that knows bank-a and transaction 2.
std::vector<Words> looks(const World& world) {
  return {{"status"},
          {"doctor"},
          {"tx", "list"},
          {"tx", "show", world.id("2")},
          {"participants", "list"},
          {"participants", "show", "bank-a"},
          {"outcomes", "watch", "--after", "0", "--limit", "1"}};
}

class Live : public ::testing::Test {
 protected:
  void SetUp() override {
    world_.act("participant bank-a commit");
    const Ran first =
        world_.run({"tx", "begin", "--branch", "bank-a", "--label", "first", "--commit", "--wait", "completed"});
    ASSERT_EQ(first.code, 0) << first.err;
    id_ = world_.server().begin(R"({"label":"second","branches":[{"participant":"bank-a"}]})");
  }
  std::string body(const std::string& path) { return world_.server().get(path).body + "\n"; }

  World world_;
  std::string id_;
};

TEST_F(Live, PipedOutputHasNoColourAndKeepsItsHeading) {
  for (Words words : looks(world_)) {
    const Ran ran = world_.run(words);
    EXPECT_EQ(ran.code, 0) << words.back() << ran.err;
    EXPECT_FALSE(has_escape(ran.out + ran.err)) << ran.out;
    EXPECT_NE(ran.out.find('\t'), std::string::npos) << ran.out;
  }
  EXPECT_TRUE(
      world_.run({"tx", "list", "-o", "wide"}).out.starts_with("ID\tPHASE\tOUTCOME\tATTENTION\tBEGUN\tWAITING"));
}

TEST_F(Live, AnAlignedTableHasNoTabsAndItsColumnsStandBelowEachOther) {
  const Ran ran = world_.run({"participants", "list", "--color", "never"}, {}, true);
  EXPECT_EQ(ran.out.find('\t'), std::string::npos) << ran.out;
  const std::size_t column = ran.out.find("STATE");
  const std::size_t second = ran.out.find('\n') + 1;
  EXPECT_EQ(ran.out.substr(second + column, 9), "connected") << ran.out;
}

TEST_F(Live, ColourFollowsTheTerminalTheFlagAndTheEnvironment) {
  const Words words{"participants", "list"};
  EXPECT_TRUE(has_escape(world_.run(words, {}, true).out));
  EXPECT_FALSE(has_escape(world_.run({"participants", "list", "--color", "never"}, {}, true).out));
  EXPECT_TRUE(has_escape(world_.run({"--color", "always", "participants", "list"}).out));
  for (const auto& [name, value] : {std::pair("NO_COLOR", "1"), std::pair("TERM", "dumb")}) {
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    Terminal terminal{in, out, err, false, true};
    const std::string here = world_.endpoint();
    const Environment environment = [&](const char* asked) -> const char* {
      if (std::string(asked) == "TROTH_ENDPOINTS") return here.c_str();
      return std::string(asked) == name ? value : nullptr;
    };
    EXPECT_EQ(run_line(words, environment, terminal), 0);
    EXPECT_FALSE(has_escape(out.str())) << name;
  }
}

TEST_F(Live, JsonIsTheBodyUnchanged) {
  const std::string show = "/v1/transactions/" + world_.id("2");
  EXPECT_EQ(world_.run({"tx", "show", world_.id("2"), "-o", "json"}).out, body(show));
  EXPECT_EQ(world_.run({"tx", "list", "-o", "json"}).out, body("/v1/transactions"));
  EXPECT_EQ(world_.run({"tx", "list", "--limit", "1", "-o", "json"}).out, body("/v1/transactions?pageSize=1"));
  EXPECT_EQ(world_.run({"tx", "watch", world_.id("2"), "-o", "json"}).out, body(show));
  EXPECT_EQ(world_.run({"participants", "show", "bank-a", "-o", "json"}).out, body("/v1/participants/bank-a"));
  EXPECT_EQ(world_.run({"participants", "list", "-o", "json"}).out, body("/v1/participants"));
}

TEST_F(Live, EveryLineOfJsonlIsAnObject) {
  for (Words words : looks(world_)) {
    words.insert(words.end(), {"-o", "jsonl"});
    const Ran ran = world_.run(words);
    EXPECT_EQ(ran.code, 0) << words.front() << ran.err;
    std::istringstream lines(ran.out);
    for (std::string line; std::getline(lines, line);) {
      boost::json::error_code error;
      EXPECT_TRUE(boost::json::parse(line, error).is_object() && !error) << line;
    }
    EXPECT_TRUE(ran.out.ends_with("}\n")) << ran.out;
  }
}

TEST_F(Live, AProblemGoesToStderrAndWithJsonItIsTheProblemItself) {
  const std::string unknown = world_.id("99");
  const Ran words = world_.run({"tx", "show", unknown});
  EXPECT_EQ(words.code, 4);
  EXPECT_TRUE(words.out.empty());
  EXPECT_TRUE(words.err.starts_with("error: ") && words.err.find("\nhint: ") != std::string::npos) << words.err;
  const Ran json = world_.run({"tx", "show", unknown, "-o", "json"});
  EXPECT_EQ(json.code, 4);
  EXPECT_TRUE(json.out.empty());
  EXPECT_EQ(json.err, body("/v1/transactions/" + unknown));
}

TEST_F(Live, PagesAreFollowedUntilTheLimit) {
  for (int i = 0; i < 4; ++i) world_.server().begin();
  Client client({world_.endpoint()});
  Listed all;
  EXPECT_FALSE(list_transactions(client, {"", 100, 2}, all));
  EXPECT_EQ(all.transactions.size(), 7u);
  EXPECT_TRUE(all.next.empty() && all.body.empty());
  Listed some;
  EXPECT_FALSE(list_transactions(client, {"", 3, 2}, some));
  EXPECT_EQ(some.transactions.size(), 3u);
  const Answer rest = client.get("/v1/transactions?pageToken=" + percent_encoded(some.next));
  ASSERT_EQ(array_at(rest.object(), "transactions").size(), 4u) << "the token goes on right after the last one shown";
  EXPECT_EQ(array_at(rest.object(), "transactions")[0], all.transactions[3]);
}

TEST_F(Live, TheNextEndpointIsAskedWhenOneIsGone) {
  const Ran ran = world_.run({"tx", "list", "-o", "name", "--endpoint", "http://127.0.0.1:1," + world_.endpoint()});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, world_.id("1") + "\n" + world_.id("2") + "\n" + id_ + "\n");
}

TEST_F(Live, TheCommandsOfShowNameTheEndpointThatWasGiven) {
  const Ran ran = world_.run({"tx", "show", id_, "--endpoint", world_.endpoint()});
  EXPECT_NE(ran.out.find("$ trothctl --endpoint " + world_.endpoint() + " tx abort " + id_ + " --reason '…'"),
            std::string::npos)
      << ran.out;
}

TEST_F(Live, StatusAndDoctorTellOfWhatHangs) {
  world_.act("participant bank-b votes-only");
  world_.run({"tx", "begin", "--branch", "bank-b", "--branch", "bank-a", "--commit"});
  world_.act("gone bank-b");
  world_.act("until /v1/participants/bank-b '\"state\":\"disconnected\"'");
  const Ran status = world_.run({"status"});
  EXPECT_EQ(status.code, 0);
  EXPECT_NE(status.out.find("in doubt\t1 branch"), std::string::npos) << status.out;
  EXPECT_NE(status.out.find("missing\tbank-b"), std::string::npos) << status.out;
  EXPECT_NE(status.err.find("tx list --state in_doubt"), std::string::npos) << status.err;
  const Ran doctor = world_.run({"doctor"});
  EXPECT_EQ(doctor.code, 1) << doctor.out;
  EXPECT_NE(doctor.out.find("participants\tfail\t"), std::string::npos) << doctor.out;
  EXPECT_NE(doctor.out.find("bank-b"), std::string::npos) << doctor.out;
}

/// Hands each line that comes to somebody who may act on it, and closes after the last one wanted.
class Listener : public std::streambuf {
 public:
  explicit Listener(std::function<bool(const std::string&)> hear) : hear_(std::move(hear)) {}
  const Words& lines() const { return lines_; }

 protected:
  int overflow(int c) override {
    if (is_closed_) return traits_type::eof();
    if (c != '\n') {
      line_ += static_cast<char>(c);
      return c;
    }
    lines_.push_back(line_);
    is_closed_ = !hear_(line_);
    line_.clear();
    return is_closed_ ? traits_type::eof() : c;
  }

 private:
  std::function<bool(const std::string&)> hear_;
  std::string line_;
  Words lines_;
  bool is_closed_ = false;
};

int run_listening(World& world, const Words& words, Listener& listener) {
  std::istringstream in;
  std::ostream out(&listener);
  std::ostringstream err;
  Terminal terminal{in, out, err};
  const std::string here = world.endpoint();
  return run_line(
      words, [&](const char* name) { return std::string(name) == "TROTH_ENDPOINTS" ? here.c_str() : nullptr; },
      terminal);
}

TEST_F(Live, AWatchedListPrintsALineForEachChange) {
  Listener listener([&](const std::string& line) {
    if (line.find("\"change\":\"added\"") != line.npos) world_.server().post("/v1/transactions/" + id_ + "/abort");
    return line.find("\"change\":\"gone\"") == line.npos;
  });
  run_listening(world_, {"tx", "list", "--state", "active", "--watch", "--interval", "100ms"}, listener);
  ASSERT_EQ(listener.lines().size(), 2u);
  EXPECT_NE(listener.lines()[1].find(id_), std::string::npos);
}

TEST_F(Live, AWatchedListIsRedrawnOnATerminal) {
  const Ran ran = world_.run({"tx", "list", "--watch", "--interval", "100ms", "--rounds", "2"}, {}, true);
  EXPECT_EQ(ran.code, 0) << ran.err;
  const std::size_t first = ran.out.find("\033[H\033[J");
  EXPECT_EQ(first, 0u);
  EXPECT_NE(ran.out.find("\033[H\033[J", first + 1), std::string::npos);
}

TEST_F(Live, AWatchedListFitsTheTerminalAndLeavesADumbOneAlone) {
  const auto watch = [&](std::size_t height, const char* term, const char* format) {
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    Terminal terminal{in, out, err, false, true, 200, height};
    const std::string here = world_.endpoint();
    const Environment environment = [&](const char* name) -> const char* {
      if (std::string(name) == "TERM") return term;
      return std::string(name) == "TROTH_ENDPOINTS" ? here.c_str() : nullptr;
    };
    const int code = run_line({"tx", "list", "--watch", "--rounds", "1", "-o", format}, environment, terminal);
    return Ran{code, out.str(), err.str()};
  };
  EXPECT_NE(watch(7, "xterm", "table").out.find("… 1 more"), std::string::npos) << "three do not fit";
  EXPECT_EQ(watch(8, "xterm", "table").out.find(" more"), std::string::npos);
  EXPECT_FALSE(has_escape(watch(8, "dumb", "table").out));
  EXPECT_EQ(watch(8, "xterm", "name").code, 2) << "JSON is not what was asked for";
}

TEST_F(Live, TabOffersForCommitAndAbortWhatIsUndecided) {
  EXPECT_EQ(world_.run({"__complete", "tx", "abort", ""}).out.find(id_), 0u);
  EXPECT_EQ(world_.run({"__complete", "tx", "commit", ""}).out.find(world_.id("2")), std::string::npos) << "it is over";
}

TEST_F(Live, AWatchedTransactionEndsWithItsOutcome) {
  Listener listener([&](const std::string& line) {
    if (line.find("\"phase\":\"active\"") != line.npos) world_.server().post("/v1/transactions/" + id_ + "/abort");
    return true;
  });
  EXPECT_EQ(run_listening(world_, {"tx", "watch", id_, "-o", "jsonl"}, listener), 7);
  ASSERT_GE(listener.lines().size(), 2u);
  EXPECT_NE(listener.lines().back().find("\"outcome\":\"aborted\""), std::string::npos);
}

/// The words of an example, without what the shell around it does.
Words words_of(const std::string& example) {
  std::string line = example.substr(example.find("trothctl ") + 9);
  if (example.find("$(") != example.npos || example.find("<(") != example.npos) line = line.substr(0, line.rfind(')'));
  return split_as_shell(line.substr(0, line.find(" > ")));
}

TEST_F(Live, EveryExampleOfTheHelpIsTaken) {
  std::size_t count = 0;
  for (const Verb& verb : verbs()) {
    ASSERT_FALSE(verb.examples.empty()) << verb.path();
    EXPECT_TRUE(help_of(verb).starts_with("  " + verb.examples.front())) << verb.path();
    for (const auto& example : verb.examples) {
      Words words = words_of(example);
      const auto read = read_command_line(words);
      const auto* parsed = std::get_if<Parsed>(&read);
      ASSERT_NE(parsed, nullptr) << example << "\n" << std::get<Leave>(read).err;
      EXPECT_EQ(parsed->verb->path(), verb.path()) << example;
      ++count;
      // Log verbs would act on this machine's log; a stream without a limit never ends.
      if (verb.group == "log" || verb.group == "outcomes" || verb.group == "config") continue;
      if (parsed->typed.has("--endpoint")) continue;
      if (parsed->typed.has("--watch")) words.insert(words.end(), {"--rounds", "1"});
      words.insert(words.end(), {"--endpoint", world_.endpoint()});
      const Ran ran = world_.run(words, "no\n");
      EXPECT_EQ(ran.err.find("--help`"), std::string::npos) << example << "\n" << ran.err;
    }
  }
  EXPECT_GT(count, 25u);
}

}  // namespace
}  // namespace troth::ctl
