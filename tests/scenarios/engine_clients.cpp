// What clients and operators ask.
#include "tests/scenarios/engine_stage.h"

namespace troth::scenarios {
namespace {

/// "a", "a:key", "a=payload" or "a:key=payload".
request::NewBranch branch_of(const std::string& text) {
  request::NewBranch branch;
  const auto equals = text.find('=');
  const std::string who = text.substr(0, equals);
  const auto colon = who.find(':');
  branch.participant = who.substr(0, colon);
  if (colon != std::string::npos) branch.key = who.substr(colon + 1);
  if (equals != std::string::npos) {
    branch.payload = text.substr(equals + 1);
    branch.payload_type = PayloadType::kJson;
  }
  return branch;
}

}  // namespace

const std::map<std::string, EngineStage::Word>& EngineStage::words_of_clients() {
  static const std::map<std::string, Word> kWords{
      {"begin", &EngineStage::begin},       {"enlist", &EngineStage::enlist}, {"commit", &EngineStage::commit},
      {"abort", &EngineStage::abort},       {"get", &EngineStage::get},       {"watch", &EngineStage::watch},
      {"decision", &EngineStage::decision},
  };
  return kWords;
}

const std::map<std::string, EngineStage::Word>& EngineStage::words_of_operators() {
  static const std::map<std::string, Word> kWords{
      {"resolve", &EngineStage::resolve}, {"settle", &EngineStage::settle}, {"retry", &EngineStage::retry},
      {"retire", &EngineStage::retire},   {"remove", &EngineStage::remove},
  };
  return kWords;
}

/// `as=` names the request in the trace; without, its verb does.
void EngineStage::ask(Command& command, const std::string& verb, request::Request request) {
  need_engine(command);
  Asked asked{command.option("as").value_or(verb), "", verb == "get" || verb == "watch"};
  std::optional<engine::InSession> from;
  if (auto* begin = std::get_if<request::Begin>(&request)) {
    from = in_session(command, *begin);
    asked.names = begin->label;
    names_.expect(begin->label);
    begin->label.clear();
  }
  asked_[++replies_] = asked;
  put(engine::ClientRequest{replies_, std::move(request), std::move(from)});
}

/// `session=s/4 acked=3 first=e1`: the fourth request of the client session s, which has heard all below 3.
std::optional<engine::InSession> EngineStage::in_session(Command& command, request::Begin& begin) {
  const auto session = command.option("session");
  if (!session) return std::nullopt;
  const auto slash = session->find('/');
  if (slash == std::string::npos) command.refuse("session=s/4 is missing its sequence");
  engine::InSession from;
  from.session = begin.origin.client_session = session->substr(0, slash);
  from.sequence = begin.origin.sequence = command.to_number(session->substr(slash + 1));
  from.acked_below = begin.origin.acked_below = command.to_number(command.option("acked").value_or("0"));
  const auto first = Names::parse_epoch(command.option("first").value_or(Names::spell(epoch_)));
  if (!first) command.refuse("first=e2 is the start it was first sent to");
  from.first_epoch = *first;
  return from;
}

/// `begin t1 a b:key with=a=payload commit one-phase wait=completed timeout=5s key=k`
void EngineStage::begin(Command& command) {
  need_engine(command);
  request::Begin begin;
  begin.label = command.next("a name");  // taken out by `ask`
  begin.commit = command.flag("commit");
  begin.one_phase = command.flag("one-phase");
  if (const auto wait = command.option("wait")) {
    const auto kind = parse_wait(*wait);
    if (!kind) command.refuse("wait is decided or completed");
    begin.wait = *kind;
  }
  if (const auto timeout = command.option("timeout")) begin.timeout_ms = command.to_duration(*timeout);
  if (const auto key = command.option("key")) {
    begin.origin.key = *key;
    begin.origin.request_hash = command.option("hash").value_or("same");
  }
  for (const auto& who : command.rest_with("work")) begin.branches.push_back(branch_of(who));
  ask(command, "begin", std::move(begin));
}

/// `enlist t1 a:key`, or with a payload `enlist t1 work=a:key=payload`
void EngineStage::enlist(Command& command) {
  request::Enlist enlist;
  enlist.id = transaction(command, command.next("a transaction"));
  const auto work = command.option("work");
  enlist.branch = branch_of(work ? *work : command.next("a participant"));
  ask(command, "enlist", std::move(enlist));
}

void EngineStage::commit(Command& command) {
  request::Commit commit;
  commit.id = transaction(command, command.next("a transaction"));
  if (const auto wait = command.option("wait")) {
    const auto kind = parse_wait(*wait);
    if (!kind) command.refuse("wait is decided or completed");
    commit.wait = *kind;
  }
  if (const auto count = command.option("count")) {
    commit.branch_count = static_cast<std::uint32_t>(command.to_number(*count));
  }
  ask(command, "commit", std::move(commit));
}

void EngineStage::abort(Command& command) {
  const auto id = transaction(command, command.next("a transaction"));
  ask(command, "abort", request::Abort{id, "scenario"});
}

void EngineStage::get(Command& command) {
  const auto id = transaction(command, command.next("a transaction"));
  ask(command, "get", request::Get{id, std::nullopt});
}

/// A long poll that ends when the transaction does, or its time.
void EngineStage::watch(Command& command) {
  const auto id = transaction(command, command.next("a transaction"));
  ask(command, "watch", request::Get{id, std::uint64_t{1} << 60});
}

void EngineStage::decision(Command& command) {
  const auto id = branch(command);
  ask(command, "decision", request::GetDecision{id});
}

/// `resolve t1/2 commit|abort|forget heuristic dry-run if-revision=7`
void EngineStage::resolve(Command& command) {
  request::Resolve resolve;
  resolve.branch = branch(command);
  const auto action = parse_resolve_action(command.next("commit, abort or forget"));
  if (!action) command.refuse("an operator resolves to commit, abort or forget");
  resolve.action = *action;
  resolve.reason = "by hand";
  resolve.actor = "operator";
  resolve.heuristic = command.flag("heuristic");
  resolve.dry_run = command.flag("dry-run");
  if (const auto revision = command.option("if-revision")) resolve.if_revision = command.to_number(*revision);
  ask(command, "resolve", std::move(resolve));
}

/// `settle e1.7 committed`: a gap id, once for all its branches.
void EngineStage::settle(Command& command) {
  request::ResolveGap settle;
  settle.id = transaction(command, command.next("a gap id"));
  const auto outcome = parse_outcome(command.next("committed or aborted"));
  if (!outcome) command.refuse("a gap id is settled committed or aborted");
  settle.outcome = *outcome;
  settle.reason = "looked at every branch";
  ask(command, "settle", std::move(settle));
}

void EngineStage::retry(Command& command) {
  request::Retry retry;
  retry.branch = branch(command);
  if (const auto revision = command.option("if-revision")) retry.if_revision = command.to_number(*revision);
  ask(command, "retry", std::move(retry));
}

void EngineStage::retire(Command& command) {
  request::RetireParticipant retire{command.next("a participant"), "gone", command.flag("dry-run")};
  ask(command, "retire", std::move(retire));
}

void EngineStage::remove(Command& command) {
  ask(command, "remove", request::RemoveParticipant{command.next("a participant")});
}

}  // namespace troth::scenarios
