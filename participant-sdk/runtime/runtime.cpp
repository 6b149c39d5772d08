#include "participant-sdk/runtime/runtime.h"

#include <time.h>

#include <algorithm>

#include "participant-sdk/runtime/thrown.h"

namespace troth::sdk {
namespace {

constexpr Millis kListAgain = 500;  // in_doubt() threw: asked again after this
constexpr Millis kSaveLsnEvery = 5'000;

template <class Message>
Branch branch_of(Message& message) {
  Branch branch;
  branch.id = message.branch;
  branch.payload = std::move(message.payload);
  branch.joined = message.joined;
  branch.attempt = message.attempt;
  branch.traceparent = std::move(message.traceparent);
  return branch;
}

}  // namespace

Runtime::Runtime(transport::Io& io, Pool& pool, Resource& resource, SeenStore& store, LinkOptions options)
    : io_(io),
      pool_(pool),
      resource_(resource),
      store_(store),
      keeps_lsn_(!resource.keeps_seen()),
      has_one_phase_(resource.has_one_phase()),
      calls_(io, pool, resource, [this](Calls::Returned batch) { returned(std::move(batch)); }),
      link_(io, pool, store, std::move(options), *this) {}

Millis Runtime::now() {
  timespec t{};
  ::clock_gettime(CLOCK_BOOTTIME, &t);
  return static_cast<Millis>(t.tv_sec) * 1000 + t.tv_nsec / 1'000'000;
}

void Runtime::start() {
  io_.post([this] {
    io_thread_ = std::this_thread::get_id();
    link_.connect();
    if (keeps_lsn_) save_lsn_later();
  });
}

void Runtime::on_adopted(const session::Welcome& welcome) {
  ++connection_;
  prepares_received_ = 0;
  prepares_granted_ = 0;
  connected_ = true;
  if (std::exchange(saved_log_, welcome.log) != welcome.log) saved_lsn_ = 0;
  branches_.connected(now(), effects_);
  forget({}, welcome.horizon);
  list_in_doubt();
  for (const auto& [key, waiting] : waiters_) link_.outgoing().enlist(session::Enlist{key.first, key.second});
  flush();
  link_.wake();
}

void Runtime::on_lost() {
  connected_ = false;
}

void Runtime::on_final(const std::string& why) {
  connected_ = false;
  gone_ = why;
  refuse_waiters(why);
  {
    const std::lock_guard lock(end_mutex_);
    ended_ = final_ = true;
  }
  end_changed_.notify_all();
}

void Runtime::on_message(session::Message message) {
  if (quiet_) return;
  std::visit([this](auto& one) { handle(one); }, message);
}

void Runtime::handle(session::Prepare& message) {
  ++prepares_received_;
  const bool below = branches_.below_horizon(message.branch.transaction);
  apply(message.branch, event::PrepareCame{branch_of(message), below});
}

void Runtime::handle(session::CommitOnePhase& message) {
  ++prepares_received_;
  apply(message.branch, event::OnePhaseCame{branch_of(message), has_one_phase_});
}

void Runtime::handle(session::Commit& message) {
  link_.saw(message.lsn);
  apply(message.branch, event::CommitCame{message.lsn});
}

void Runtime::handle(session::Abort& message) {
  if (message.branch.transaction.log == link_.welcome().log) calls_.skip_prepare(message.branch);
  apply(message.branch, event::AbortCame{});
}

void Runtime::handle(session::Decision& message) {
  apply(message.branch, event::DecisionCame{message.decision});
}

void Runtime::handle(session::Credit& message) {
  link_.outgoing().add_enlist_credit(message.messages);
  link_.wake();
}

void Runtime::handle(session::Forget& message) {
  forget(std::move(message.branches), message.horizon);
}

void Runtime::apply(const BranchId& id, Event event) {
  // Only the log that made an id may say anything about it.
  if (id.transaction.log != link_.welcome().log) return;
  branches_.apply(id, std::move(event), now(), effects_);
}

void Runtime::returned(Calls::Returned batch) {
  for (auto& [id, event] : batch) branches_.apply(id, std::move(event), now(), effects_);
  flush();
}

/// Does what the machine wants done.
void Runtime::flush() {
  bool queued = false;
  for (auto& effect : effects_) {
    if (auto* call = std::get_if<StartCall>(&effect)) {
      calls_.start(std::move(*call));
      continue;
    }
    std::visit(
        [&](auto& message) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(message)>, StartCall>) {
            if (!link_.adopted() || message.branch.transaction.log != link_.welcome().log) return;
            link_.outgoing().answer(std::move(message));
            queued = true;
          }
        },
        effect);
  }
  effects_.clear();
  grant_credit();
  arm_timer();
  if (queued) link_.wake();
}

/// Gives back what was answered, in handfuls: a message each would cost as much as the votes.
void Runtime::grant_credit() {
  if (!link_.adopted()) return;
  const std::uint64_t open = branches_.open_prepares();
  const std::uint64_t kept = prepares_granted_ + open;
  if (prepares_received_ <= kept) return;
  const std::uint64_t due = prepares_received_ - kept;
  if (due < kPrepareWindow / 4 && open != 0) return;
  prepares_granted_ += due;
  link_.outgoing().answer(session::Credit{static_cast<std::uint32_t>(due)});
  link_.wake();
}

void Runtime::arm_timer() {
  const auto due = branches_.next_due();
  if (!due || (timer_due_ != 0 && timer_due_ <= *due)) return;
  timer_due_ = *due;
  io_.after(std::max<Millis>(*due - now(), 1), [this, armed = *due] {
    if (timer_due_ == armed) timer_due_ = 0;
    if (quiet_) return;
    branches_.tick(now(), effects_);
    flush();
  });
}

/// Asks the resource what it holds in doubt, and tells the coordinator.
void Runtime::list_in_doubt() {
  branches_.hold_settled(true);
  pool_.run(Lane::kSettle, [this, connection = connection_] {
    std::vector<BranchId> branches;
    const std::string problem = thrown_by([&] { branches = resource_.in_doubt(); });
    io_.post([this, connection, branches = std::move(branches), problem] {
      if (connection != connection_ || quiet_) return;
      if (problem.empty()) return listed(branches, connection);
      branches_.hold_settled(false);  // the next list is made anew, and cannot name what is settled by then
      io_.after(kListAgain, [this, connection] {
        if (connection == connection_ && link_.adopted() && !quiet_) list_in_doubt();
      });
      link_.report("resource: cannot list what is in doubt: " + problem);
    });
  });
}

void Runtime::listed(const std::vector<BranchId>& branches, std::uint64_t connection) {
  std::vector<BranchId> ours;
  for (const BranchId& id : branches) {
    if (id.transaction.log != link_.welcome().log) continue;  // another coordinator's to settle
    branches_.apply(id, event::Listed{}, now(), effects_);
    const auto* state = branches_.find(id);
    if (state && state->standing == Standing::kPrepared && state->call == Call::kNone) ours.push_back(id);
  }
  branches_.hold_settled(false);
  if (link_.adopted() && connection == connection_) {
    link_.outgoing().recover(ours);
    link_.wake();
  }
  flush();
}

/// Lets markers go. What fails here is only kept longer: the horizon passes it one day.
void Runtime::forget(std::vector<BranchId> branches, TransactionId horizon) {
  const auto& log = link_.welcome().log;
  std::erase_if(branches, [&](const BranchId& id) { return id.transaction.log != log; });
  if (horizon.log != log) horizon = {};  // a coordinator that remembers everything has none
  if (branches.empty() && horizon == TransactionId{}) return;
  if (horizon.log == log) branches_.raise_horizon(horizon);
  pool_.run(Lane::kSettle, [this, branches = std::move(branches), horizon] {
    const std::string why = thrown_by([&] { resource_.forget(branches, horizon); });
    if (!why.empty()) io_.post([this, why] { link_.report("resource: cannot forget: " + why); });
  });
}

void Runtime::save_lsn_later() {
  io_.after(kSaveLsnEvery, [this] {
    if (quiet_) return;
    if (link_.adopted() && link_.highest_lsn() > saved_lsn_) {
      saved_lsn_ = link_.highest_lsn();
      const auto& welcome = link_.welcome();
      pool_.run(Lane::kSettle, [this, seen = Seen{welcome.log, welcome.epoch.epoch, welcome.epoch.nonce, saved_lsn_}] {
        const std::string why = thrown_by([&] { store_.remember(seen); });
        if (!why.empty()) io_.post([this, why] { link_.report(why); });
      });
    }
    save_lsn_later();
  });
}

}  // namespace troth::sdk
