#include "tests/scenarios/sdk_stage.h"

#include <utility>

#include "participant-sdk/runtime/fence.h"
#include "tests/scenarios/spell.h"

namespace troth::scenarios {
namespace {

std::string_view spell(sdk::Call call) {
  switch (call) {
    case sdk::Call::kNone: return "none";
    case sdk::Call::kPrepare: return "prepare";
    case sdk::Call::kOnePhase: return "commit-one-phase";
    case sdk::Call::kCommit: return "commit";
    case sdk::Call::kAbort: return "abort";
    case sdk::Call::kLookUp: return "look-up";
  }
  return "?";
}

DecisionKind decision_of(const Command& command, const std::string& text) {
  for (const auto kind : {DecisionKind::kCommit, DecisionKind::kAbort, DecisionKind::kUndecided, DecisionKind::kUnknown,
                          DecisionKind::kForeignLog}) {
    if (word(kind) == text) return kind;
  }
  command.refuse("not a decision: " + text);
}

}  // namespace

const std::map<std::string, SdkStage::Word>& SdkStage::words() {
  static const std::map<std::string, Word> kWords{
      {"prepare", &SdkStage::prepare},   {"commit-one-phase", &SdkStage::one_phase},
      {"commit", &SdkStage::commit},     {"abort", &SdkStage::abort},
      {"decision", &SdkStage::decision}, {"accepted", &SdkStage::accepted},
      {"listed", &SdkStage::listed},     {"connected", &SdkStage::connected},
      {"voted", &SdkStage::voted},       {"acked", &SdkStage::acked},
      {"lookup", &SdkStage::lookup},     {"threw", &SdkStage::threw},
      {"tick", &SdkStage::tick},         {"horizon", &SdkStage::horizon},
      {"seen", &SdkStage::seen},         {"welcome", &SdkStage::welcome},
      {"restart", &SdkStage::restart},
  };
  return kWords;
}

void SdkStage::play(Command& command) {
  const std::string verb = command.next("a command");
  const auto found = words().find(verb);
  if (found == words().end()) command.refuse("no such word: " + verb);
  (this->*found->second)(command);
  command.done();
}

std::vector<std::string> SdkStage::take_trace() {
  return std::exchange(trace_, {});
}

BranchId SdkStage::branch(Command& command) {
  const std::string text = command.next("a branch");
  const auto id = names_.parse_branch(text);
  if (!id) command.refuse("not a branch (e1.7/1): " + text);
  return last_ = *id;
}

void SdkStage::apply(const BranchId& id, sdk::Event event) {
  std::vector<sdk::Effect> effects;
  branches_.apply(id, std::move(event), now_, effects);
  note(effects);
}

void SdkStage::note(const std::vector<sdk::Effect>& effects) {
  for (const auto& effect : effects) {
    if (const auto* start = std::get_if<sdk::StartCall>(&effect)) {
      std::string text = "> call " + std::string(spell(start->call)) + " " + names_.spell(start->branch.id);
      if (start->branch.attempt != 1) text += " attempt=" + std::to_string(start->branch.attempt);
      if (start->branch.lsn != 0) text += " lsn=" + std::to_string(start->branch.lsn);
      trace_.push_back(std::move(text));
    } else if (const auto* vote = std::get_if<session::Vote>(&effect)) {
      trace_.push_back("> " + scenarios::spell(names_, *vote));
    } else if (const auto* ack = std::get_if<session::Ack>(&effect)) {
      trace_.push_back("> " + scenarios::spell(names_, *ack));
    } else {
      trace_.push_back("> " + scenarios::spell(names_, std::get<session::Inquire>(effect)));
    }
  }
}

/// `prepare e1.1/1 attempt=2 joined`
void SdkStage::prepare(Command& command) {
  Branch branch;
  branch.id = this->branch(command);
  branch.attempt = static_cast<std::uint32_t>(command.to_number(command.option("attempt").value_or("1")));
  branch.joined = command.flag("joined");
  const bool is_below = branches_.below_horizon(branch.id.transaction);
  apply(branch.id, sdk::event::PrepareCame{branch, is_below});
}

/// `commit-one-phase e1.1/1 attempt=2 joined unsupported`
void SdkStage::one_phase(Command& command) {
  Branch branch;
  branch.id = this->branch(command);
  branch.attempt = static_cast<std::uint32_t>(command.to_number(command.option("attempt").value_or("1")));
  branch.joined = command.flag("joined");
  apply(branch.id, sdk::event::OnePhaseCame{branch, !command.flag("unsupported")});
}

void SdkStage::commit(Command& command) {
  const auto id = branch(command);
  apply(id, sdk::event::CommitCame{command.to_number(command.option("lsn").value_or("9"))});
}

void SdkStage::abort(Command& command) {
  apply(branch(command), sdk::event::AbortCame{});
}

void SdkStage::decision(Command& command) {
  const auto id = branch(command);
  apply(id, sdk::event::DecisionCame{decision_of(command, command.next("a decision"))});
}

/// `accepted e1.1/1 within=30s`: our Enlist was; unprepared work is given up after its deadline and a grace.
void SdkStage::accepted(Command& command) {
  const auto id = branch(command);
  const Millis within = command.to_duration(command.option("within").value_or("30s"));
  apply(id, sdk::event::EnlistAccepted{now_ + within + sdk::kDeadlineGrace});
}

/// in_doubt() names it, asked at a connect.
void SdkStage::listed(Command& command) {
  apply(branch(command), sdk::event::Listed{});
}

void SdkStage::connected(Command&) {
  std::vector<sdk::Effect> effects;
  branches_.connected(now_, effects);
  note(effects);
}

void SdkStage::voted(Command& command) {
  apply(last_, sdk::event::Voted{vote_of(command, command.next("a vote")), ""});
}

void SdkStage::acked(Command& command) {
  apply(last_, sdk::event::Acked{ack_of(command, command.next("a result"))});
}

/// `lookup found` or `lookup nothing`
void SdkStage::lookup(Command& command) {
  const std::string result = command.next("found or nothing");
  if (result != "found" && result != "nothing") command.refuse("a look-up finds: found, or nothing");
  apply(last_, sdk::event::Traced{result == "found"});
}

void SdkStage::threw(Command&) {
  apply(last_, sdk::event::Threw{"the disk is gone"});
}

void SdkStage::tick(Command& command) {
  now_ += command.to_duration(command.next("a duration"));
  std::vector<sdk::Effect> effects;
  branches_.tick(now_, effects);
  note(effects);
}

void SdkStage::horizon(Command& command) {
  const std::string text = command.next("a transaction");
  const auto id = names_.parse(text);
  if (!id) command.refuse("no such transaction: " + text);
  branches_.raise_horizon(*id);
}

/// `seen e3`: durably seen, of our log.
void SdkStage::seen(Command& command) {
  const auto epoch = Names::parse_epoch(command.next("an epoch"));
  if (!epoch) command.refuse("not an epoch (e3)");
  seen_ = {Seen{kLog, epoch->epoch, epoch->nonce, 1}};
}

void SdkStage::welcome(Command& command) {
  const std::string text = command.next("an epoch, or foreign");
  session::Welcome welcome;
  welcome.log = text == "foreign" ? LogId{0x9999} : kLog;
  const auto epoch = Names::parse_epoch(text == "foreign" ? "e1" : text);
  if (!epoch) command.refuse("not an epoch (e3): " + text);
  welcome.epoch = *epoch;
  const std::string why = sdk::refusal(seen_, welcome);
  const bool is_copy = why.find("two copies") != std::string::npos;
  trace_.push_back(why.empty() ? "> obeyed"
                   : is_copy   ? "> refused: another copy of the log"
                               : "> refused: an older epoch");
}

/// The participant's process starts again: what is durable is the resource's, this memory is gone.
void SdkStage::restart(Command&) {
  branches_ = sdk::Branches();
}

}  // namespace troth::scenarios
