#include "tests/sim/coordinator.h"

#include <algorithm>
#include <deque>
#include <exception>

#include "proto/codec/record_codec.h"
#include "proto/values/overloaded.h"
#include "recovery/rebuild.h"
#include "tests/mutants/mutant.h"
#include "tests/sim/callback.h"
#include "tests/sim/world.h"
#include "wal/superseding.h"

namespace troth::sim {
namespace {

constexpr Millis kBootAt = 1'000'000;              // the clock that never goes back, at the begin of a history
constexpr Millis kCalendarAt = 1'700'000'000'000;  // and the one that does
constexpr Micros kLazyWait = 500 * kMillisecond;   // as wal/writer.cpp
constexpr Micros kStartMax = 50 * kMillisecond;

/// Recovery as the log sees it (coordinator/server/opened_log.cpp).
class Replayer final : public wal::Replayer {
 public:
  Replayer(const Limits& limits, Millis now_at) : limits_(limits), now_at_(now_at), replay_(limits) {}
  std::string see(const wal::Stored& record) override { return replay_.see(record); }
  Lsn rebuilt(Lsn cut, const std::function<void(const wal::Record&)>& add) override {
    return replay_.rebuilt(cut, now_at_, add);
  }
  void reset() override { replay_ = recovery::Replay(limits_); }
  recovery::Known take() { return std::move(replay_.known()); }

 private:
  Limits limits_;
  Millis now_at_;
  recovery::Replay replay_;
};

std::string describe(const Fact& fact) {
  return std::visit(
      [](const auto& f) -> std::string {
        using F = std::decay_t<decltype(f)>;
        if constexpr (std::is_same_v<F, fact::CommitDecided>) return "CommitDecided " + name_of(f.id);
        if constexpr (std::is_same_v<F, fact::AbortTold>) return "AbortTold " + name_of(f.id);
        if constexpr (std::is_same_v<F, fact::PrepareStarted>) return "PrepareStarted " + name_of(f.id);
        if constexpr (std::is_same_v<F, fact::OnePhaseStarted>) return "OnePhaseStarted " + name_of(f.id);
        if constexpr (std::is_same_v<F, fact::HeuristicReported>) return "HeuristicReported " + name_of(f.branch);
        if constexpr (std::is_same_v<F, fact::OperatorActed>) return "OperatorActed " + name_of(f.branch);
        if constexpr (std::is_same_v<F, fact::ParticipantRegistered>) return "ParticipantRegistered " + f.name;
        if constexpr (std::is_same_v<F, fact::ParticipantChanged>) return "ParticipantChanged " + f.name;
        if constexpr (std::is_same_v<F, fact::Horizon>) return "Horizon " + name_of(f.id);
        if constexpr (std::is_same_v<F, fact::Mark>) return "Mark " + name_of(f.id);
        if constexpr (std::is_same_v<F, fact::Ended>) {
          std::string text = "Ended";
          for (const auto& id : f.ids) text += " " + name_of(id);
          return text;
        }
        return "another record";
      },
      fact);
}

/// Which transaction a request is about, if it names one.
std::optional<TransactionId> asked_about(const request::Request& request) {
  return std::visit(Overloaded{
                        [](const request::Get& r) { return std::optional(r.id); },
                        [](const request::Enlist& r) { return std::optional(r.id); },
                        [](const request::Commit& r) { return std::optional(r.id); },
                        [](const request::Abort& r) { return std::optional(r.id); },
                        [](const request::Resolve& r) { return std::optional(r.branch.transaction); },
                        [](const request::Retry& r) { return std::optional(r.branch.transaction); },
                        [](const auto&) { return std::optional<TransactionId>(); },
                    },
                    request);
}

bool is_keyed(const request::Request& request) {
  const auto* begin = std::get_if<request::Begin>(&request);
  return begin && !begin->origin.key.empty();
}

}  // namespace

/// Shows the oracle what is appended and what becomes durable.
class Coordinator::Log final : public wal::Log {
 public:
  Log(RunningLog& log, Oracle* oracle, Trace& trace) : log_(log), trace_(trace), oracle_(oracle) {}
  Lsn append(std::span<const wal::Record> records) override {
    const Lsn last = log_.append(records);
    if (!oracle_) return last;
    Lsn lsn = last - records.size();
    for (const auto& record : records) {
      auto fact = codec::decode_fact(record.kind, record.body);
      ++lsn;
      if (!fact) continue;
      if (trace_.on()) trace_.line("log ", lsn, ": ", describe(*fact));
      oracle_->appended(*fact);
      pending_.emplace_back(lsn, std::move(*fact));
    }
    return last;
  }
  /// Tells the oracle of what is durable by now.
  void look() {
    for (; !pending_.empty() && pending_.front().first <= log_.durable(); pending_.pop_front()) {
      oracle_->durable(pending_.front().second);
    }
  }
  Lsn durable() const override { return log_.durable(); }
  void find(std::string key, std::uint64_t token) override { log_.find(std::move(key), token); }
  std::vector<wal::Found> take_found() override { return log_.take_found(); }
  void on_progress(std::function<void()>) override {}
  bool has_reserve() const override { return log_.has_reserve(); }
  std::unique_ptr<wal::Superseding> supersede() override { return log_.supersede(); }
  void stop() override {
    log_.stop();
    look();
  }

 private:
  RunningLog& log_;
  Trace& trace_;
  Oracle* oracle_;  // null: nobody holds this log to anything
  std::deque<std::pair<Lsn, Fact>> pending_;
};

Coordinator::Coordinator(World& world, std::string name, std::unique_ptr<Storage> storage)
    : Process(world.clock), world_(world), name_(std::move(name)), storage_(std::move(storage)) {}
Coordinator::~Coordinator() = default;

core::Now Coordinator::now() const {
  const Millis since = world_.clock.now() / kMillisecond;
  return {kBootAt + since + world_.suspended, kCalendarAt + since + world_.calendar_skew};
}

void Coordinator::replace_storage(std::unique_ptr<Storage> storage, bool older) {
  storage_ = std::move(storage);
  older_ = older;
}

void Coordinator::start() {
  begin_life();
  Replayer replayer(world_.limits, now().at);
  auto opened = storage_->open(replayer);
  if (const auto* error = std::get_if<wal::OpenError>(&opened)) {
    world_.trace.line(name_, " refuses to start: ", error->message);
    end_life();
    storage_->fall(Fall::kKill, world_.rng.next());
    return world_.refused_start(*this, *error);
  }
  auto& found = std::get<Storage::Opened>(opened);
  recovery::Known known = replayer.take();
  known.log = found.log_id;
  known.last_lsn = found.last_lsn;
  running_ = std::move(found.log);
  log_ = std::make_unique<Log>(*running_, recorded_ ? &world_.oracle : nullptr, world_.trace);
  if (recorded_) world_.oracle.recovered(known, std::exchange(older_, false));
  fact::EpochStarted started;
  started.epoch = {recovery::next_epoch(known), static_cast<std::uint32_t>(world_.rng.next())};
  if (mutant::on(mutant::Id::kNonceNotRenewed)) started.epoch.nonce = 1;
  if (mutant::on(mutant::Id::kEpochNotRenewed) && !known.epochs.empty()) started.epoch = known.epochs.back().epoch;
  started.at = now().at;
  world_.oracle.started(started.epoch);
  const wal::Record record = recovery::to_record(started);
  const Lsn lsn = log_->append({&record, 1});
  recovery::fold(known, lsn, started);
  known.last_lsn = lsn;
  epoch_ = started.epoch;
  world_.trace.line(name_, " starts epoch ", epoch_.epoch, " at LSN ", lsn, ", live in its log: ", known.live.size());
  // No socket opens before the new epoch is durable.
  later(world_.rng.between(1, kStartMax), [this, known = std::move(known)]() mutable {
    if (!running_->write_batch()) return world_.log_failed(*this);
    log_->look();
    serve(std::move(known));
  });
}

void Coordinator::serve(recovery::Known known) {
  engine::Options options;
  options.limits = world_.limits;
  engine_ = std::make_unique<engine::Engine>(*log_, std::move(known), epoch_, options, now());
  serving_ = true;
  turn_soon();
  arrange_compaction();
}

bool Coordinator::is_idle() const {
  if (!serving_ || running_->has_work()) return false;
  const auto& live = engine_->stats().live_by_phase;
  return live[0] + live[1] + live[2] + live[3] == 0 && engine_->stats().held_back == 0;
}

void Coordinator::kill(Fall how) {
  world_.trace.line(name_, how == Fall::kKill ? " is KILLED" : " loses POWER");
  end_life();
  drop_connections();
  asked_.clear();
  inbox_.clear();
  frames_.clear();
  serving_ = draining_ = turn_due_ = write_due_ = false;
  wake_at_ = 0;
  engine_.reset();
  storage_->fall(how, world_.rng.next());
  if (compaction_) world_.note(Fault::kCompactionCutOff);
  compaction_.reset();
  log_.reset();
  running_.reset();
}

void Coordinator::drop_connections() {
  wires_.clear();
  for (const auto& dialled : std::exchange(dialled_, {})) {
    if (const auto wire = dialled.lock()) wire->cut();
  }
}

void Coordinator::restart_in_order() {
  if (!serving_) return;
  world_.trace.line(name_, " drains");
  draining_ = true;
  post(engine::DrainStarted{});
  later(200 * kMillisecond, [this] {
    world_.trace.line(name_, " stops in order");
    end_life();
    drop_connections();
    asked_.clear();
    inbox_.clear();
    serving_ = draining_ = turn_due_ = write_due_ = false;
    wake_at_ = 0;
    engine_.reset();
    compaction_.reset();
    stop_log();
    world_.start_later(*this);
  });
}

void Coordinator::stop_log() {
  try {
    log_->stop();
  } catch (const std::exception& error) {
    world_.trace.line("the log could not be written at the stop: ", error.what());
    world_.note(Fault::kFailedSync);
    storage_->fall(Fall::kKill, world_.rng.next());
  }
  log_.reset();
  running_.reset();
}

void Coordinator::ask(request::Request request, std::optional<engine::InSession> in_session, Heard heard) {
  if (!serving_) return;
  asked_[++last_reply_] = {asked_about(request), is_keyed(request), std::move(heard)};
  post(engine::ClientRequest{last_reply_, std::move(request), std::move(in_session)});
}

void Coordinator::post(engine::Command command) {
  if (!serving_) return;
  inbox_.push_back(std::move(command));
  turn_soon();
}

void Coordinator::turn_soon() {
  if (!serving_ || std::exchange(turn_due_, true)) return;
  later(world_.rng.between(0, 200), [this] { turn(); });
}

void Coordinator::turn() {
  turn_due_ = false;
  engine_->turn(inbox_, now(), *this);
  if (engine_->is_old_copy()) storage_->mark_old_copy();
  arrange_write();
  arrange_wake();
}

void Coordinator::arrange_write() {
  if (write_due_ || !running_->has_work()) return;
  if (!running_->is_urgent()) {
    return later(kLazyWait, [this] {
      if (!write_due_ && running_->has_work()) write();
    });
  }
  write_due_ = true;
  later(world_.rng.between(1, world_.plan.sync_max), [this] { write(); });
}

void Coordinator::write() {
  write_due_ = false;
  if (!running_->write_batch()) return world_.log_failed(*this);
  highest_lsn_ = std::max(highest_lsn_, running_->durable());
  log_->look();
  turn_soon();
}

void Coordinator::arrange_wake() {
  const Micros due = (engine_->wake_due() - kBootAt - world_.suspended) * kMillisecond;
  if (engine_->wake_due() > now().due + 3'600'000) return;
  if (wake_at_ != 0 && wake_at_ <= due) return;
  wake_at_ = std::max(due, world_.clock.now() + 1);
  later(wake_at_ - world_.clock.now(), [this, armed = wake_at_] {
    if (wake_at_ != armed) return;
    wake_at_ = 0;
    turn_soon();
  });
}

// ---- what leaves ----

void Coordinator::release(std::vector<engine::Outgoing>& batch) {
  for (auto& outgoing : batch) {
    std::visit([this](auto& one) { release(one); }, outgoing);
  }
  for (auto& [connection, messages] : frames_) {
    const auto wire = wires_.find(connection);
    if (wire != wires_.end()) wire->second->to_client(std::move(messages));
  }
  frames_.clear();
}

void Coordinator::release(engine::Reply& reply) {
  world_.oracle.answered(reply.answer);
  const auto asked = asked_.find(reply.reply);
  if (asked == asked_.end()) return world_.oracle.fail("a reply to nobody, or a second one");
  const Asked one = std::move(asked->second);
  asked_.erase(asked);
  const auto* refused = std::get_if<answer::Refused>(&reply.answer);
  if (refused && refused->problem.slug == Slug::kExpired) world_.oracle.expired(one.about, one.keyed);
  one.heard(std::move(reply.answer));
}

void Coordinator::release(engine::ToSession& to) {
  world_.show(name_, to.message);
  world_.oracle.said(to.message, false);
  const auto wire = wires_.find(to.connection);
  if (std::holds_alternative<session::Welcome>(to.message) && wire != wires_.end()) {
    world_.oracle.welcomed(wire->second->client.participant());
  }
  if (const auto* prepare = std::get_if<session::Prepare>(&to.message)) world_.meet(prepare->branch.transaction);
  if (const auto* only = std::get_if<session::CommitOnePhase>(&to.message)) world_.meet(only->branch.transaction);
  frames_[to.connection].push_back(std::move(to.message));
}

/// A follower may hear at once of all that it is told of, and tell others.
void Coordinator::release(const engine::OutcomesTold& told) {
  if (told.upto > running_->durable()) world_.oracle.fail("followers hear of outcomes that are not durable");
  for (const auto& outcome : told.outcomes) {
    if (outcome.lsn.value_or(0) > told.upto) world_.oracle.fail("an outcome above the LSN that it is told up to");
  }
}

void Coordinator::release(engine::CloseSession& close) {
  const auto wire = wires_.find(close.connection);
  if (wire == wires_.end()) return;
  if (const auto frame = frames_.find(close.connection); frame != frames_.end()) {
    wire->second->to_client(std::move(frame->second));
    frames_.erase(frame);
  }
  wire->second->close_by_server(close.code);
  wires_.erase(wire);
}

void Coordinator::release(engine::ToCallback& to) {
  if (!recorded_) return;  // nothing unmasks it to who is only called: its calls are kept from them (README.md)
  world_.show(name_, to.message);
  world_.oracle.said(to.message, true);
  world_.callback(to.participant).call(*this, std::move(to.message));
}

// ---- connections ----

void Coordinator::greeted(const std::shared_ptr<Wire>& wire, const session::Hello& hello) {
  if (!serving_ || draining_) return wire->close_by_server(session::kCloseDraining);
  wire->id = ++world_.connections;
  wires_[wire->id] = wire;
  post(engine::SessionOpened{wire->id, hello, "sim"});
}

void Coordinator::heard(const std::shared_ptr<Wire>& wire, const std::vector<session::Message>& messages) {
  for (const auto& message : messages) {
    world_.show(wire->client.participant(), message);
    if (const auto* hello = std::get_if<session::Hello>(&message)) {
      greeted(wire, *hello);
    } else if (wire->id != 0) {
      hear(message);
      post(engine::SessionSaid{wire->id, message});
    }
  }
}

void Coordinator::hear(const session::Message& message) {
  const auto* vote = std::get_if<session::Vote>(&message);
  if (vote && vote->vote == VoteKind::kCommit) world_.oracle.voted(vote->branch);
}

void Coordinator::lost(const std::shared_ptr<Wire>& wire) {
  wire->server_gone = true;
  wires_.erase(wire->id);
  if (wire->id != 0) post(engine::SessionClosed{wire->id, wire->unsent_prepares()});
}

}  // namespace troth::sim
