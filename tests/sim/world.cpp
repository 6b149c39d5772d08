#include "tests/sim/world.h"

#include <algorithm>

#include "recovery/rebuild.h"

namespace troth::sim {
namespace {

constexpr Micros kClientsBegin = 400 * kMillisecond;  // participants have registered by then
constexpr Micros kFaultsEnd = 12 * kSecond;           // latest
constexpr Micros kFinishWithin = 150 * kSecond;       // after faults have stopped
constexpr Micros kByHandAfter = 15 * kSecond;
constexpr Micros kLookEvery = 250 * kMillisecond;
constexpr Micros kHttpTimeout = 500 * kMillisecond;
constexpr std::size_t kMaxKnown = 12;

/// Registers the callback participants before the first start, as a section of the configuration would.
class Nothing final : public wal::Replayer {
 public:
  std::string see(const wal::Stored&) override { return {}; }
  Lsn rebuilt(Lsn, const std::function<void(const wal::Record&)>&) override { return 0; }
  void reset() override {}
};

std::string describe(const session::Message& message);

}  // namespace

World::World(std::uint64_t seed, const MakeStorage& make_storage, bool trace_on)
    : plan(seed), rng(seed), trace(clock, trace_on), oracle(trace), log_id{seed * 2 + 1} {
  limits.prepare_retry_ms_min = 10;
  limits.prepare_retry_ms_max = 200;
  limits.deliver_retry_ms_min = 20;
  limits.deliver_retry_ms_max = 500;
  limits.max_wait_ms = 300;
  if (plan.small_memory) limits.detail_count = 3;
  if (plan.retain_ms != 0) limits.retain_ms = plan.retain_ms;
  if (plan.retain_count != 0) {
    limits.retain_count = plan.retain_count;
    limits.retain_ms = 32'000;  // longer than a history, and a look each second
  }
  operation_gap = rng.between(20, 400) * kMillisecond;
  make_people(make_storage);
}

void World::make_people(const MakeStorage& make_storage) {
  auto storage = make_storage(log_id, rng.next());
  Nothing nothing;
  auto opened = storage->open(nothing);
  auto& log = *std::get<Storage::Opened>(opened).log;
  for (const auto& one : plan.participants) {
    if (one.kind == ParticipantKind::kCallback) {
      fact::ParticipantRegistered registered;
      registered.name = one.name;
      registered.kind = one.kind;
      registered.url = "http://" + one.name;
      const auto record = recovery::to_record(registered);
      log.append({&record, 1});
      oracle.durable(registered);
    }
  }
  log.stop();
  std::get<Storage::Opened>(opened).log.reset();
  coordinator_ = std::make_unique<Coordinator>(*this, "trothd", std::move(storage));
  for (const auto& one : plan.participants) {
    databases_.push_back(std::make_unique<Database>(one.name, plan, rng, oracle, trace));
    cut_until_.push_back(0);
    if (one.kind == ParticipantKind::kCallback) {
      note(Fault::kCallback);
      callbacks_.push_back(std::make_unique<Callback>(*this, *databases_.back(), one));
      continue;
    }
    if (one.routing == Routing::kPinned) note(Fault::kPinned);
    if (one.instances > 1) note(Fault::kSeveralInstances);
    for (std::uint32_t i = 1; i <= one.instances; ++i) {
      instances_.push_back(
          std::make_unique<Instance>(*this, *databases_.back(), one, one.name + "." + std::to_string(i)));
      instances_.back()->dial(*coordinator_);
    }
  }
  const std::uint32_t share = plan.transactions / plan.clients + 1;
  for (std::uint32_t i = 1; i <= plan.clients; ++i) {
    clients_.push_back(std::make_unique<Client>(*this, "c" + std::to_string(i), share));
  }
}

void World::run() {
  faults_on_ = !plan.calm;
  coordinator_->start();
  for (auto& instance : instances_) instance->start();
  for (auto& callback : callbacks_) callback->start();
  clock.at(kClientsBegin, [this] {
    for (auto& client : clients_) client->start();
    if (faults_on_) plan_faults();
  });
  const auto all_done = [this] {
    return std::all_of(clients_.begin(), clients_.end(), [](const auto& client) { return client->done(); });
  };
  const auto sound = [this] { return oracle.violations().empty(); };
  while (sound() && clock.now() < kFaultsEnd && !(clock.now() > kClientsBegin && all_done())) {
    if (!clock.step(clock.now() + kLookEvery)) continue;
  }
  heal();
  if (plan.calm && sound()) {
    const std::uint64_t begun = plan.clients * (plan.transactions / plan.clients + 1);
    if (oracle.commits() != begun) oracle.fail("nothing went wrong, and not every transaction committed");
  }
  if (sound()) audit();
  if (sound()) oracle.check_end();
  if (oracle.horizon() != TransactionId{}) note(Fault::kHorizonMoved);
  for (const auto& database : databases_) {
    if (database->swept() != 0) note(Fault::kMarkersSwept);
  }
}

/// One more power cut when all is over; then everything that was ever told is asked again.
void World::audit() {
  ++crashes;
  note(Fault::kCoordinatorKilled);
  coordinator_->kill(Fall::kPowerCut);
  start_later(*coordinator_);
  heal();
  if (!oracle.violations().empty()) return;
  for (const TransactionId& id : oracle.told()) {
    coordinator_->ask(request::Get{id, std::nullopt}, std::nullopt, [this, id](const answer::Answer& answer) {
      const auto* shown = std::get_if<answer::Transaction>(&answer);
      oracle.shown_at_the_end(id, shown ? &shown->view : nullptr);
    });
    for (std::uint32_t n = 1; n <= 3; ++n) {
      coordinator_->ask(request::GetDecision{{id, n}}, std::nullopt, [](const answer::Answer&) {});
    }
  }
  const Micros until = clock.now() + kSecond;
  while (clock.step(until)) {
  }
  heal();  // a request may have been under way for that long
}

/// Faults stop; then everything must finish.
void World::heal() {
  trace.line("-- faults stop --");
  faults_on_ = clients_cut_ = false;
  plan.vote_abort = plan.throws = plan.double_vote = plan.own_decision = plan.forgetful = plan.loss = 0;
  plan.duplication = plan.long_delay = 0;
  std::fill(cut_until_.begin(), cut_until_.end(), 0);
  end_old_copy();
  if (!coordinator_->alive()) start_later(*coordinator_);
  for (auto& instance : instances_) {
    if (!instance->alive() && instance->participant() != retired_) instance->start();
  }
  for (auto& callback : callbacks_) {
    if (!callback->alive() && callback->participant() != retired_) callback->start();
  }
  const Micros begun = clock.now();
  const Micros limit = begun + kFinishWithin;
  Micros by_hand_due = begun + kByHandAfter;
  while (oracle.violations().empty() && clock.now() < limit) {
    const Micros until = clock.now() + kLookEvery;
    while (clock.now() < until && oracle.violations().empty()) {
      if (!clock.step(until)) break;
    }
    if (is_over()) return;
    if (by_hand_ && clock.now() >= by_hand_due) {
      finish_by_hand();
      by_hand_due += kByHandAfter;
    }
  }
  if (oracle.violations().empty()) show_what_is_left();
}

bool World::is_over() const {
  if (!coordinator_->is_idle()) return false;
  const bool clients_done =
      std::all_of(clients_.begin(), clients_.end(), [](const auto& client) { return client->done(); });
  return clients_done && std::none_of(databases_.begin(), databases_.end(), [this](const auto& database) {
           return database->participant() != retired_ && database->holds_prepared();
         });
}

/// What a restored log cannot know, and what an operator took out of the coordinator's hands, people settle.
void World::finish_by_hand() {
  for (auto& database : databases_) {
    for (const BranchId& branch : database->in_doubt()) {
      const TransactionId id = branch.transaction;
      const Outcome truth = oracle.truth_about(id);
      if (id.epoch != coordinator_->epoch()) {  // else it is no id of a gap
        coordinator_->ask(request::ResolveGap{id, truth, "by hand", "operator"}, std::nullopt,
                          [](const answer::Answer&) {});
        oracle.settled_gap(id, truth);
      }
      if (clock.now() > kFaultsEnd + 4 * kByHandAfter) database->decide_alone(branch, truth == Outcome::kCommitted);
    }
  }
}

std::string World::live_transactions() {
  auto names = std::make_shared<std::string>(" the coordinator has live transactions:");
  coordinator_->ask(request::List{}, std::nullopt, [names](const answer::Answer& answer) {
    const auto* list = std::get_if<answer::Transactions>(&answer);
    for (std::size_t i = 0; list && i < list->views.size(); ++i) {
      const auto& view = list->views[i];
      *names += " " + name_of(view.id) + " " + std::string(word(view.phase));
      for (const auto& branch : view.branches) {
        *names += " " + branch.participant + " " + std::string(word(branch.state));
      }
    }
  });
  const Micros until = clock.now() + kLookEvery;
  while (clock.step(until)) {
  }
  return *names + ";";
}

void World::show_what_is_left() {
  std::string what = "faults have stopped, and this does not finish:";
  if (!coordinator_->is_idle()) what += live_transactions();
  for (const auto& client : clients_) {
    if (!client->done()) what += " client " + client->name() + " waits;";
  }
  for (const auto& database : databases_) {
    if (database->participant() == retired_) continue;
    for (const BranchId& id : database->in_doubt())
      what += " " + database->participant() + " holds " + name_of(id) + ";";
  }
  oracle.fail(what);
}

// ---- the network ----

Micros World::latency() {
  const Micros usual = rng.between(50, plan.latency_max);
  if (!faults_on_ || !chance(plan.long_delay)) return usual;
  note(Fault::kLongDelay);
  return usual + rng.between(0, plan.long_delay_max);
}

Micros World::notice() {
  const bool is_silent = faults_on_ && chance(2'000);
  return rng.between(0, is_silent ? 3 * kSecond : 500 * kMillisecond);
}

bool World::loses() {
  if (!faults_on_ || !chance(plan.loss)) return false;
  note(Fault::kLoss);
  return true;
}

bool World::duplicates() {
  if (!faults_on_ || !chance(plan.duplication)) return false;
  note(Fault::kDuplication);
  return true;
}

/// A connection has no loss of its own: it breaks.
bool World::breaks_connection() {
  if (!faults_on_ || !chance(plan.loss / 40)) return false;
  note(Fault::kLoss);
  return true;
}

bool World::is_cut(const std::string& participant) const {
  for (std::size_t i = 0; i < plan.participants.size(); ++i) {
    if (plan.participants[i].name == participant) return clock.now() < cut_until_[i];
  }
  return false;
}

bool World::can_reach(const Instance& instance, const Coordinator& coordinator) const {
  return coordinator.serving() && !is_cut(instance.participant());
}

void World::http(request::Request request, std::function<void(const answer::Answer*)> heard) {
  const auto over = std::make_shared<bool>(false);
  const auto once = [over, heard = std::move(heard)](const answer::Answer* answer) {
    if (!std::exchange(*over, true)) heard(answer);
  };
  clock.at(clock.now() + kHttpTimeout, [once] { once(nullptr); });
  if (loses() || clients_cut_) return;
  clock.at(clock.now() + latency(), [this, once, request = std::move(request)]() mutable {
    coordinator_->ask(std::move(request), std::nullopt, [this, once](answer::Answer answer) {
      if (const auto* told = std::get_if<answer::Transaction>(&answer)) meet(told->view.id);
      if (loses()) return;
      clock.at(clock.now() + latency(), [once, answer = std::move(answer)] { once(&answer); });
    });
  });
}

// ---- who and how much ----

void World::meet(const TransactionId& id) {
  if (std::find(known_.begin(), known_.end(), id) != known_.end()) return;
  if (known_.size() == kMaxKnown) known_.erase(known_.begin());
  known_.push_back(id);
}

Callback& World::callback(const std::string& participant) {
  const auto found = std::find_if(callbacks_.begin(), callbacks_.end(),
                                  [&](const auto& one) { return one->participant() == participant; });
  return **found;
}

Instance* World::some_instance(std::size_t participant) {
  std::vector<Instance*> found;
  for (auto& instance : instances_) {
    if (instance->participant() == plan.participants[participant].name) found.push_back(instance.get());
  }
  return found.empty() ? nullptr : rng.pick(found);
}

std::vector<std::size_t> World::some_participants(std::size_t count) {
  std::vector<std::size_t> all(plan.participants.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  for (std::size_t i = 0; i + 1 < all.size(); ++i) std::swap(all[i], all[i + rng.below(all.size() - i)]);
  all.resize(std::min(count, all.size()));
  return all;
}

std::size_t World::some_branch_count() {
  const std::uint64_t roll = rng.below(10);
  return roll < 2 ? 1 : roll < 7 ? 2 : 3;
}

Millis World::transaction_timeout() {
  constexpr std::array<Millis, 4> kSome{300, 700, 1'500, 3'000};
  return plan.calm ? 30'000 : kSome[rng.below(kSome.size())];
}

// ---- the coordinator's environment ----

void World::start_later(Coordinator& coordinator) {
  clock.at(clock.now() + rng.between(1, 300 * kMillisecond), [&coordinator] {
    if (!coordinator.alive()) coordinator.start();
  });
}

void World::log_failed(Coordinator& coordinator) {
  trace.line("the log could not be written: the process ends with 70");
  note(Fault::kFailedSync);
  ++crashes;
  if (coordinator.alive()) coordinator.kill(chance(3'000) ? Fall::kPowerCut : Fall::kKill);
  start_later(coordinator);
}

void World::refused_start(Coordinator& coordinator, const wal::OpenError& error) {
  if (error.exit_code == wal::kExitWrite) return log_failed(coordinator);
  if (&coordinator != old_copy_.get()) oracle.fail("the coordinator's own log is refused: " + error.message);
}

void World::show(const std::string& from, const session::Message& message) {
  if (trace.on()) trace.line(from, " > ", describe(message));
}

namespace {

std::string describe(const session::Message& message) {
  return std::visit(
      [](const auto& m) -> std::string {
        using M = std::decay_t<decltype(m)>;
        if constexpr (std::is_same_v<M, session::Prepare>)
          return "Prepare " + name_of(m.branch) + " attempt " + std::to_string(m.attempt) + (m.joined ? " joined" : "");
        if constexpr (std::is_same_v<M, session::CommitOnePhase>)
          return "CommitOnePhase " + name_of(m.branch) + " attempt " + std::to_string(m.attempt);
        if constexpr (std::is_same_v<M, session::Vote>)
          return "Vote " + name_of(m.branch) + " " + std::string(word(m.vote)) + " " + m.reason;
        if constexpr (std::is_same_v<M, session::Commit>) return "Commit " + name_of(m.branch);
        if constexpr (std::is_same_v<M, session::Abort>) return "Abort " + name_of(m.branch);
        if constexpr (std::is_same_v<M, session::Ack>)
          return "Ack " + name_of(m.branch) + " " + std::string(word(m.result));
        if constexpr (std::is_same_v<M, session::Inquire>) return "Inquire " + name_of(m.branch);
        if constexpr (std::is_same_v<M, session::Decision>)
          return "Decision " + name_of(m.branch) + " " + std::string(word(m.decision));
        if constexpr (std::is_same_v<M, session::Recover>) {
          std::string text = "Recover";
          for (const auto& id : m.branches) text += " " + name_of(id);
          return text;
        }
        if constexpr (std::is_same_v<M, session::Forget>) {
          std::string text = "Forget";
          for (const auto& id : m.branches) text += " " + name_of(id);
          return text + ", horizon " + name_of(m.horizon);
        }
        if constexpr (std::is_same_v<M, session::Enlist>) return "Enlist " + name_of(m.transaction);
        if constexpr (std::is_same_v<M, session::Enlisted>) return "Enlisted " + name_of(m.branch) + " " + m.problem;
        if constexpr (std::is_same_v<M, session::Hello>) return "Hello " + m.instance + " " + m.incarnation;
        if constexpr (std::is_same_v<M, session::Welcome>) return "Welcome epoch " + std::to_string(m.epoch.epoch);
        return "other";
      },
      message);
}

}  // namespace

}  // namespace troth::sim
