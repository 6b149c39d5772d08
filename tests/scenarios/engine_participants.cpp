// What participants do: connect, join, vote, acknowledge, list and ask.
#include "proto/values/words.h"
#include "tests/scenarios/engine_stage.h"

namespace troth::scenarios {
namespace {

/// "a/2" is the instance 2 of a, "a" its instance 1.
std::string participant_of(const std::string& spec) {
  return spec.substr(0, spec.find('/'));
}

std::string instance_of(const std::string& spec) {
  const auto slash = spec.find('/');
  return slash == std::string::npos ? "1" : spec.substr(slash + 1);
}

}  // namespace

const std::map<std::string, EngineStage::Word>& EngineStage::words_of_participants() {
  static const std::map<std::string, Word> kWords{
      {"with", &EngineStage::with}, {"connect", &EngineStage::connect}, {"disconnect", &EngineStage::disconnect},
      {"join", &EngineStage::join}, {"vote", &EngineStage::vote},       {"ack", &EngineStage::ack},
      {"list", &EngineStage::list}, {"inquire", &EngineStage::inquire}, {"fail", &EngineStage::fail},
  };
  return kWords;
}

/// `with a b(callback) c(pinned) d(one-phase)`: all registered, sessions connected, before the story begins: it leaves
/// no trace.
void EngineStage::with(Command& command) {
  if (epoch_.epoch != 0) command.refuse("'with' stands at the beginning; later participants 'connect'");
  std::vector<std::string> sessions;
  for (const auto& word : command.rest()) {
    if (word.find("(callback)") == std::string::npos) {
      sessions.push_back(word);
    } else {
      Command given("", {"participant", word});
      this->given(given);
    }
  }
  start();
  for (const auto& word : sessions) {
    const auto bracket = word.find('(');
    std::vector<std::string> kinds;
    if (bracket != std::string::npos) kinds.push_back(word.substr(bracket + 1, word.size() - bracket - 2));
    Command options("", kinds);
    open(options, word.substr(0, bracket));
    if (options.has_more()) command.refuse("no such kind of participant: " + word);
    turn();
  }
  log_.sync();
  turn();
  noted_ = log_.records().size();
  trace_.clear();
}

engine::ConnectionId EngineStage::open(Command& command, const std::string& spec) {
  session::Hello hello;
  hello.participant = participant_of(spec);
  hello.instance = instance_of(spec);
  hello.incarnation = command.option("incarnation").value_or("1");
  if (command.flag("pinned")) hello.routing = Routing::kPinned;
  if (command.flag("one-phase")) hello.capabilities = {"one-phase"};
  if (const auto seen = command.option("seen")) {
    const auto colon = seen->find(':');
    const auto epoch = Names::parse_epoch(seen->substr(0, colon));
    if (!epoch || colon == std::string::npos) command.refuse("seen=e2:7 is what was seen: epoch and LSN");
    hello.seen.push_back({kLog, *epoch, command.to_number(seen->substr(colon + 1))});
  }
  if (open_.count(spec) != 0) replaced_[spec] = open_[spec];
  open_[spec] = ++connections_;
  specs_[connections_] = spec;
  put(engine::SessionOpened{connections_, std::move(hello), "scenario"});
  return connections_;
}

void EngineStage::connect(Command& command) {
  need_engine(command);
  const std::string spec = command.next("a participant");
  open(command, spec);
}

/// `disconnect a unsent=t1/1`: that prepare was still queued.
void EngineStage::disconnect(Command& command) {
  const std::string spec = command.next("a participant");
  if (open_.count(spec) == 0) command.refuse(spec + " is not connected");
  engine::SessionClosed closed{open_[spec], {}};
  while (const auto unsent = command.option("unsent")) {
    const auto id = names_.parse_branch(*unsent);
    if (!id) command.refuse("not a branch: " + *unsent);
    closed.unsent_prepares.push_back(*id);
  }
  open_.erase(spec);
  put(std::move(closed));
}

BranchId EngineStage::branch(Command& command) {
  const std::string text = command.next("a branch");
  const auto id = names_.parse_branch(text);
  if (!id) command.refuse("not a branch (t1/2): " + text);
  return *id;
}

TransactionId EngineStage::transaction(Command& command, const std::string& text) {
  const auto id = names_.parse(text);
  if (!id) command.refuse("no such transaction: " + text);
  return *id;
}

/// Callbacks answer; sessions say it on their connection, `old:a` on the one that was replaced.
void EngineStage::say(Command& command, const std::string& who, session::Message message) {
  if (callbacks_.count(who) != 0) return put(engine::CallbackSaid{who, std::move(message)});
  const bool is_old = who.rfind("old:", 0) == 0;
  const auto& connections = is_old ? replaced_ : open_;
  const auto found = connections.find(is_old ? who.substr(4) : who);
  if (found == connections.end()) command.refuse(who + " is not connected");
  put(engine::SessionSaid{found->second, std::move(message)});
}

void EngineStage::join(Command& command) {
  const std::string who = command.next("a participant");
  const auto id = transaction(command, command.next("a transaction"));
  say(command, who, session::Enlist{id, command.option("key").value_or("")});
}

/// `vote t1/1 a commit`
void EngineStage::vote(Command& command) {
  const auto id = branch(command);
  const std::string who = command.next("who votes");
  const auto kind = vote_of(command, command.next("a vote"));
  say(command, who, session::Vote{id, kind, ""});
}

void EngineStage::ack(Command& command) {
  const auto id = branch(command);
  const std::string who = command.next("who acknowledges");
  const auto result = ack_of(command, command.next("a result"));
  say(command, who, session::Ack{id, result});
}

/// `list a t1/1 t2/1`: Recover names them as prepared.
void EngineStage::list(Command& command) {
  const std::string who = command.next("a participant");
  session::Recover recover;
  while (command.has_more()) recover.branches.push_back(branch(command));
  say(command, who, std::move(recover));
}

void EngineStage::inquire(Command& command) {
  const std::string who = command.next("a participant");
  const auto id = branch(command);
  say(command, who, session::Inquire{id});
}

/// `fail t1/2 not-sent retry-after=3s`: a message to a callback had no usable answer.
void EngineStage::fail(Command& command) {
  engine::CallbackFailed failed;
  failed.branch = branch(command);
  failed.sent = !command.flag("not-sent");
  failed.code = "timeout";
  if (const auto pause = command.option("retry-after")) failed.retry_after_ms = command.to_duration(*pause);
  need_engine(command);
  put(std::move(failed));
}

}  // namespace troth::scenarios
