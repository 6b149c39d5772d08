#include "tests/sim/instance.h"

#include <algorithm>

#include "participant-sdk/runtime/fence.h"
#include "proto/values/overloaded.h"
#include "tests/sim/coordinator.h"
#include "tests/sim/world.h"

namespace troth::sim {
namespace {

constexpr Micros kReconnectMax = 200 * kMillisecond;
constexpr Micros kRefusedFor = 2 * kSecond;
constexpr Micros kEnlistPatience = 400 * kMillisecond;
constexpr std::size_t kMaxSaid = 64;
constexpr Micros kSecondVoteMax = 800 * kMillisecond;

/// What the fence must say, written down a second time: nobody older than whom was obeyed, and nobody beside him.
std::string refusal_of(const std::vector<Seen>& seen, const session::Welcome& welcome) {
  for (const Seen& one : seen) {
    if (one.log != welcome.log) continue;
    if (one.epoch > welcome.epoch.epoch) return "it has obeyed a later one";
    if (one.epoch == welcome.epoch.epoch && one.nonce != welcome.epoch.nonce) return "it has obeyed another copy";
  }
  return {};
}

template <class Message>
Branch branch_of(const Message& message) {
  Branch branch;
  branch.id = message.branch;
  branch.payload = message.payload;
  branch.joined = message.joined;
  branch.attempt = message.attempt;
  return branch;
}

}  // namespace

Instance::Instance(World& world, Database& database, const ParticipantPlan& plan, std::string name)
    : Process(world.clock), world_(world), database_(database), plan_(plan), name_(std::move(name)) {}

Millis Instance::now() const {
  return world_.clock.now() / kMillisecond;
}

void Instance::start() {
  begin_life();
  incarnation_ = std::to_string(life());
  branches_.emplace(world_.plan.small_memory ? 4 : 1'024);
  state_ = State::kIdle;
  connection_ = 0;
  highest_lsn_ = 0;
  timer_due_ = 0;
  world_.trace.line(name_, " starts");
  later(0, [this] { connect(); });
}

void Instance::kill() {
  world_.trace.line(name_, " is KILLED");
  end_life();
  if (wire_) wire_->cut();
  wire_.reset();
  state_ = State::kIdle;
  effects_.clear();
  outgoing_.clear();
  held_.clear();
  queued_.clear();
  answered_.clear();
  open_work_.clear();
  for (auto& [key, waiter] : std::exchange(waiters_, {})) waiter.done("the process died");
}

bool Instance::has_seen_more(EpochId epoch, Lsn lsn) const {
  return std::any_of(database_.seen().begin(), database_.seen().end(), [&](const Seen& seen) {
    return seen.epoch > epoch.epoch || (seen.epoch == epoch.epoch && seen.lsn > lsn);
  });
}

// ---- the link (participant-sdk/runtime/link.cpp) ----

void Instance::connect() {
  if (state_ != State::kIdle) return;
  if (!world_.can_reach(*this, *coordinator_)) return reconnect_in(world_.rng.between(1, kReconnectMax));
  wire_ = std::make_shared<Wire>(world_, *coordinator_, *this);
  coordinator_->dialled(wire_);
  state_ = State::kGreeting;
  session::Hello hello;
  hello.participant = plan_.name;
  hello.instance = name_;
  hello.incarnation = incarnation_;
  hello.routing = plan_.routing;
  hello.capabilities = {"one-phase"};
  for (const Seen& one : database_.seen()) hello.seen.push_back({one.log, EpochId{one.epoch, one.nonce}, one.lsn});
  wire_->to_server({std::move(hello)});
}

void Instance::reconnect_in(Micros delay) {
  later(delay, [this] { connect(); });
}

void Instance::closed(const std::shared_ptr<Wire>& wire, int code) {
  wire->client_gone = true;
  if (wire != wire_) return;
  world_.trace.line(name_, " has lost its connection, code ", code);
  wire_.reset();
  state_ = State::kIdle;
  held_.clear();
  outgoing_.clear();
  const bool refused = code == session::kCloseOldCopy || code == session::kCloseCredentials;
  reconnect_in(refused ? kRefusedFor : world_.rng.between(1, kReconnectMax));
}

void Instance::greeted(const session::Welcome& welcome) {
  // Epochs and nonces are made durable before anything else is listened to; it takes a moment.
  state_ = State::kAdopting;
  later(call_time(), [this, welcome, wire = wire_] {
    if (wire != wire_ || state_ != State::kAdopting) return;
    const std::string why = sdk::refusal(database_.seen(), welcome);
    if (!why.empty()) {
      world_.trace.line(name_, " refuses the coordinator: ", why);
      wire_->close_by_client();
      wire_.reset();
      state_ = State::kIdle;
      held_.clear();
      return reconnect_in(kRefusedFor);
    }
    const Lsn lsn = welcome.log == welcome_.log ? highest_lsn_ : 0;
    world_.oracle.adopted(name_, refusal_of(database_.seen(), welcome));
    database_.remember({welcome.log, welcome.epoch.epoch, welcome.epoch.nonce, lsn});
    if (welcome.log != welcome_.log) highest_lsn_ = 0;
    welcome_ = welcome;
    adopted();
  });
}

void Instance::adopted() {
  state_ = State::kSteady;
  ++connection_;
  world_.trace.line(name_, " has adopted epoch ", welcome_.epoch.epoch);
  branches_->connected(now(), effects_);
  forget({}, welcome_.horizon);
  list_in_doubt();
  for (const auto& [key, waiter] : waiters_) say(session::Enlist{key.first, key.second});
  flush();
  for (const auto& message : std::exchange(held_, {})) take(message);
  flush();
}

void Instance::heard(const std::shared_ptr<Wire>& wire, const std::vector<session::Message>& messages) {
  if (wire != wire_) return;
  for (const auto& message : messages) {
    const auto* welcome = std::get_if<session::Welcome>(&message);
    if (state_ == State::kGreeting) {
      if (!welcome) return world_.oracle.fail(name_ + " hears something else before Welcome");
      greeted(*welcome);
    } else if (state_ == State::kAdopting) {
      held_.push_back(message);
    } else {
      take(message);
    }
  }
  flush();
}

// ---- the runtime (participant-sdk/runtime/runtime.cpp) ----

void Instance::take(const session::Message& message) {
  std::visit(Overloaded{
                 [&](const session::Prepare& m) {
                   const bool below = branches_->below_horizon(m.branch.transaction);
                   apply(m.branch, sdk::event::PrepareCame{branch_of(m), below});
                 },
                 [&](const session::CommitOnePhase& m) {
                   apply(m.branch, sdk::event::OnePhaseCame{branch_of(m), true});
                 },
                 [&](const session::Commit& m) {
                   answered_.erase(m.branch);
                   highest_lsn_ = std::max(highest_lsn_, m.lsn);
                   apply(m.branch, sdk::event::CommitCame{m.lsn});
                 },
                 [&](const session::Abort& m) {
                   answered_.erase(m.branch);
                   if (const auto at = queued_.find(m.branch); at != queued_.end()) at->second = true;
                   apply(m.branch, sdk::event::AbortCame{});
                 },
                 [&](const session::Decision& m) {
                   const auto* state = branches_->find(m.branch);
                   const bool is_idle = state && state->call == sdk::Call::kNone;
                   if (is_idle && state->standing == sdk::Standing::kPrepared) answered_.insert(m.branch);
                   apply(m.branch, sdk::event::DecisionCame{m.decision});
                 },
                 [&](const session::Enlisted& m) { take(m); },
                 [&](const session::Forget& m) { forget(m.branches, m.horizon); },
                 [](const auto&) {},
             },
             message);
}

void Instance::take(const session::Enlisted& message) {
  const auto at = waiters_.find({message.transaction, message.key});
  if (at == waiters_.end()) return;  // gave up: the branch stays unknown here, and its prepare is refused
  const Enlisted done = std::move(at->second.done);
  waiters_.erase(at);
  if (!message.problem.empty()) return done(message.problem);
  apply(message.branch, sdk::event::EnlistAccepted{now() + message.deadline_in_ms + sdk::kDeadlineGrace});
  const auto* state = branches_->find(message.branch);
  const bool open = state && state->standing == sdk::Standing::kEnlisted && state->call == sdk::Call::kNone;
  if (open) {
    ++open_work_[message.branch];
    world_.oracle.worked(message.branch);
  }
  done(open ? "" : "prepare-began");
}

void Instance::work(const TransactionId& transaction, const std::string& key, Enlisted done) {
  if (!alive()) return done("stopped");
  const std::uint64_t number = next_waiter_++;
  const bool is_hasty = world_.faults_on() && world_.chance(2'000);
  const Micros patience = is_hasty ? world_.rng.between(kEnlistPatience / 500, kEnlistPatience / 80) : kEnlistPatience;
  const EnlistKey id{transaction, key};
  if (waiters_.count(id) != 0) return done("busy");
  waiters_.emplace(id, Waiter{number, std::move(done)});
  if (state_ == State::kSteady) {
    say(session::Enlist{transaction, key});
    flush();
  }
  later(patience, [this, id, number] {
    const auto at = waiters_.find(id);
    if (at == waiters_.end() || at->second.number != number) return;
    const Enlisted gone = std::move(at->second.done);
    waiters_.erase(at);
    gone("timeout");
  });
}

void Instance::apply(const BranchId& id, sdk::Event event) {
  if (id.transaction.log != welcome_.log) return;
  branches_->apply(id, std::move(event), now(), effects_);
}

void Instance::say(session::Message message) {
  if (state_ != State::kSteady) return;
  const bool is_answer =
      std::holds_alternative<session::Vote>(message) || std::holds_alternative<session::Ack>(message);
  if (is_answer && said_.size() < kMaxSaid) said_.push_back(message);
  outgoing_.push_back(std::move(message));
}

void Instance::echo(const TransactionId* id) {
  if (state_ != State::kSteady || said_.empty()) return;
  if (!id) outgoing_.push_back(world_.rng.pick(said_));
  for (const auto& message : said_) {
    const auto* vote = std::get_if<session::Vote>(&message);
    const BranchId& branch = vote ? vote->branch : std::get<session::Ack>(message).branch;
    if (id && branch.transaction == *id) outgoing_.push_back(message);
  }
  flush();
}

void Instance::inquire(const BranchId& branch) {
  say(session::Inquire{branch});
  flush();
}

void Instance::flush() {
  for (std::size_t i = 0; i < effects_.size(); ++i) {
    sdk::Effect effect = std::move(effects_[i]);
    std::visit(Overloaded{
                   [&](sdk::StartCall& call) { start_call(std::move(call)); },
                   [&](session::Vote& vote) { say_vote(std::move(vote)); },
                   [&](auto& message) { say(message); },
               },
               effect);
  }
  effects_.clear();
  arm_timer();
  if (wire_ && !outgoing_.empty()) wire_->to_server(std::exchange(outgoing_, {}));
}

/// Perhaps twice, and the second time otherwise: a branch may take its promise back while nobody decided (it hears what
/// became of it), and who said that it takes no part is not believed when it says that it does.
void Instance::say_vote(session::Vote vote) {
  say(vote);
  if (!world_.chance(world_.plan.double_vote)) return;
  world_.note(Fault::kDoubleVote);
  const VoteKind first = vote.vote;
  const bool turns = first != VoteKind::kAbort && world_.chance(8'000);
  if (turns && first == VoteKind::kCommit) vote.vote = world_.chance(5'000) ? VoteKind::kAbort : VoteKind::kReadOnly;
  if (turns && first == VoteKind::kReadOnly) vote.vote = world_.chance(3'000) ? VoteKind::kAbort : VoteKind::kCommit;
  if (world_.chance(3'000)) return say(std::move(vote));
  later(world_.rng.between(0, kSecondVoteMax), [this, vote = std::move(vote)] {
    say(vote);
    flush();
  });
}

void Instance::arm_timer() {
  const auto due = branches_->next_due();
  if (!due || (timer_due_ != 0 && timer_due_ <= *due)) return;
  timer_due_ = *due;
  later(std::max<Micros>(*due * kMillisecond - world_.clock.now(), 1), [this, armed = *due] {
    if (timer_due_ == armed) timer_due_ = 0;
    branches_->tick(now(), effects_);
    flush();
  });
}

void Instance::list_in_doubt() {
  branches_->hold_settled(true);
  later(call_time(), [this, connection = connection_] {
    const auto branches = database_.in_doubt();
    later(call_time(), [this, connection, branches] {
      if (connection == connection_) listed(branches);
    });
  });
}

void Instance::listed(const std::vector<BranchId>& branches) {
  session::Recover page;
  for (const BranchId& id : branches) {
    if (id.transaction.log != welcome_.log) continue;
    branches_->apply(id, sdk::event::Listed{}, now(), effects_);
    const auto* state = branches_->find(id);
    if (state && state->standing == sdk::Standing::kPrepared && state->call == sdk::Call::kNone) {
      page.branches.push_back(id);
    }
  }
  branches_->hold_settled(false);
  say(std::move(page));
  flush();
}

void Instance::forget(std::vector<BranchId> branches, TransactionId horizon) {
  if (horizon.log != welcome_.log) horizon = {};
  std::erase_if(branches, [&](const BranchId& id) { return id.transaction.log != welcome_.log; });
  if (horizon.log == welcome_.log) branches_->raise_horizon(horizon);
  if (branches.empty() && horizon == TransactionId{}) return;
  later(call_time(), [this, branches = std::move(branches), horizon] { database_.forget(branches, horizon); });
}

}  // namespace troth::sim
