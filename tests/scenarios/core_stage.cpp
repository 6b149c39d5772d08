#include "tests/scenarios/core_stage.h"

#include <utility>

#include "proto/values/overloaded.h"
#include "proto/values/problem.h"
#include "tests/scenarios/spell.h"

namespace troth::scenarios {

namespace event = core::event;
namespace effect = core::effect;

CoreStage::CoreStage() {
  transaction_.id = TransactionId{kLog, 0, epoch_of(1), 1};
  transaction_.timeout_ms = 30'000;
  transaction_.deadline_due = now_.due + transaction_.timeout_ms;
}

const std::map<std::string, CoreStage::Word>& CoreStage::words() {
  static const std::map<std::string, Word> kWords{
      {"branches", &CoreStage::branches},
      {"commit", &CoreStage::commit},
      {"abort", &CoreStage::abort},
      {"vote", &CoreStage::vote},
      {"ack", &CoreStage::ack},
      {"inquire", &CoreStage::inquire},
      {"reachable", &CoreStage::reachable},
      {"unreachable", &CoreStage::unreachable},
      {"reincarnated", &CoreStage::reincarnated},
      {"retire", &CoreStage::retire},
  };
  return kWords;
}

void CoreStage::play(Command& command) {
  const std::string verb = command.next("a command");
  const auto found = words().find(verb);
  if (found == words().end()) command.refuse("no such word: " + verb);
  (this->*found->second)(command);
  command.done();
}

std::vector<std::string> CoreStage::take_trace() {
  return std::exchange(trace_, {});
}

std::uint32_t CoreStage::number(Command& command) {
  return static_cast<std::uint32_t>(command.to_number(command.next("a branch's number")));
}

void CoreStage::step(const core::Event& event) {
  core::Output out;
  core::step(transaction_, event, now_, timing_, out);
  const auto branch = [this](std::uint32_t n) { return names_.spell(BranchId{transaction_.id, n}); };
  const auto sent = [&](const char* what, const auto& e) {
    trace_.push_back("> " + std::string(what) + " " + branch(e.n) + " attempt=" + std::to_string(e.attempt));
  };
  for (const auto& fact : out.facts) trace_.push_back("log " + spell(names_, fact));
  if (out.ended) trace_.push_back("log ended " + names_.spell(transaction_.id));
  for (const auto& one : out.effects) {
    std::visit(
        Overloaded{
            [&](const effect::SendPrepare& e) { sent("prepare", e); },
            [&](const effect::SendOnePhase& e) { sent("commit-one-phase", e); },
            [&](const effect::SendCommit& e) { sent("commit", e); },
            [&](const effect::SendAbort& e) { sent("abort", e); },
            [&](const effect::SendForget& e) { trace_.push_back("> forget " + branch(e.n)); },
            [&](const effect::Decide& e) {
              trace_.push_back("> decision " + branch(e.n) + " " + std::string(word(e.decision)) + " -> " +
                               e.participant);
            },
            [&](const effect::ReplyTransaction& e) { trace_.push_back("> reply " + std::to_string(e.status)); },
            [&](const effect::ReplyBranch& e) { trace_.push_back("> reply " + std::to_string(e.status)); },
            [&](const effect::ReplyProblem& e) { trace_.push_back("> reply " + std::string(info(e.slug).text)); },
            [&](const effect::ReplyDryRun&) { trace_.push_back("> reply dry run"); },
        },
        one);
  }
}

/// `branches a(joined) b(callback) one-phase`
void CoreStage::branches(Command& command) {
  transaction_.one_phase_wanted = command.flag("one-phase");
  for (const auto& word : command.rest()) {
    const auto bracket = word.find('(');
    const std::string kind = bracket == std::string::npos ? "" : word.substr(bracket);
    core::Branch branch;
    branch.participant = word.substr(0, bracket);
    branch.reachable = true;
    if (kind == "(joined)") {
      branch.joined = true;
      branch.instance = branch.incarnation = "1";
    } else if (kind == "(callback)") {
      branch.kind = ParticipantKind::kCallback;
      branch.endpoint = "http://callback.test/troth";
    } else if (!kind.empty()) {
      command.refuse("no such kind of branch: " + word);
    }
    step(event::Enlist{0, branch, 64});
  }
}

void CoreStage::commit(Command&) {
  step(event::Commit{1, Wait::kDecided, now_.due + 30'000, std::nullopt});
}

void CoreStage::abort(Command&) {
  step(event::Abort{2, now_.due + 30'000, AbortReason::kClient});
}

void CoreStage::vote(Command& command) {
  const auto n = number(command);
  const std::string who = command.next("who votes");
  step(event::Vote{n, who, "1", "1", vote_of(command, command.next("a vote")), ""});
}

void CoreStage::ack(Command& command) {
  const auto n = number(command);
  const std::string who = command.next("who acknowledges");
  step(event::Ack{n, who, "1", ack_of(command, command.next("a result"))});
}

void CoreStage::inquire(Command& command) {
  const auto n = number(command);
  step(event::Inquired{n, command.next("who asks"), "1"});
}

void CoreStage::reachable(Command& command) {
  step(event::Reachable{number(command)});
}

void CoreStage::unreachable(Command& command) {
  step(event::Unreachable{number(command)});
}

void CoreStage::reincarnated(Command& command) {
  step(event::Reincarnated{command.next("a participant"), "1", "2"});
}

void CoreStage::retire(Command& command) {
  step(event::Retire{command.next("a participant"), "gone", "operator"});
}

}  // namespace troth::scenarios
