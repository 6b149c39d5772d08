// participant-sdk/runtime/enlist.cpp: the part of Runtime that other threads wait on: enlist, and the end.
#include <algorithm>
#include <stdexcept>

#include "participant-sdk/runtime/runtime.h"
#include "participant-sdk/runtime/thrown.h"
#include "proto/codec/utf8.h"

namespace troth::sdk {
namespace {

constexpr std::chrono::seconds kCloseWithin{3};
constexpr std::size_t kMaxKeyBytes = 256;  // of an Enlist, as the session protocol has it

bool is_key(std::string_view key) {
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  return key.size() <= kMaxKeyBytes && codec::is_utf8(key) && std::none_of(key.begin(), key.end(), is_control);
}

Enlistment refused(std::string problem) {
  Enlistment answer;
  answer.problem = std::move(problem);
  return answer;
}

}  // namespace

Enlistment Runtime::enlist(const TransactionId& transaction, const std::string& key,
                           std::chrono::milliseconds timeout) {
  if (on_io_thread()) throw std::logic_error("troth::Participant: enlist() in on_state would wait for itself");
  // What the coordinator cannot read would cost the connection, and every branch on it.
  if (transaction.sequence == 0 || transaction.sequence > kMaxSequence) return refused("bad-id");
  if (!is_key(key)) return refused("bad-field");
  if (stopped_) return refused("stopped");
  auto waiter = std::make_shared<EnlistWaiter>();
  auto answer = waiter->answer.get_future();
  const EnlistKey id{transaction, key};
  io_.post([this, id, waiter] { begin_enlist(id, waiter); });
  if (answer.wait_for(timeout) == std::future_status::ready || waiter->claimed.exchange(true)) return answer.get();
  // Ours. If the Enlist has not left, it never will; else an acceptance that comes now finds nobody, and its branch
  // stays unknown, so that its prepare is refused.
  io_.post([this, id, waiter] { drop_waiter(id, waiter); });
  return refused("timeout");
}

void Runtime::begin_enlist(const EnlistKey& key, std::shared_ptr<EnlistWaiter> waiter) {
  if (quiet_ || !gone_.empty()) {
    if (!waiter->claimed.exchange(true)) waiter->answer.set_value(refused(quiet_ ? "stopped" : gone_));
    return;
  }
  auto& waiting = waiters_[key];
  const bool first = waiting.empty();
  waiting.push_back(std::move(waiter));
  if (!first || !link_.adopted()) return;  // one Enlist answers all; without a connection, the next one sends it
  link_.outgoing().enlist(session::Enlist{key.first, key.second});
  link_.wake();
}

void Runtime::drop_waiter(const EnlistKey& key, const std::shared_ptr<EnlistWaiter>& waiter) {
  const auto at = waiters_.find(key);
  if (at == waiters_.end()) return;
  std::erase(at->second, waiter);
  if (!at->second.empty()) return;
  waiters_.erase(at);
  link_.outgoing().drop_enlist(session::Enlist{key.first, key.second});
}

void Runtime::handle(session::Enlisted& message) {
  const auto at = waiters_.find({message.transaction, message.key});
  if (at == waiters_.end()) return;
  auto waiting = std::move(at->second);
  waiters_.erase(at);
  std::erase_if(waiting, [](const auto& waiter) { return waiter->claimed.exchange(true); });
  if (waiting.empty()) return;
  Enlistment answer = refused(message.problem);
  if (message.problem.empty()) {
    apply(message.branch, event::EnlistAccepted{now() + message.deadline_in_ms + kDeadlineGrace});
    const auto* state = branches_.find(message.branch);
    const bool open = state && state->standing == Standing::kEnlisted && state->call == Call::kNone;
    answer.id = message.branch;
    answer.deadline_in = std::chrono::milliseconds(message.deadline_in_ms);
    if (!open) answer.problem = "prepare-began";  // the same key again, and its work is done or dropped already
  }
  for (auto& waiter : waiting) waiter->answer.set_value(answer);
}

bool Runtime::wait_for_end() {
  std::unique_lock lock(end_mutex_);
  end_changed_.wait(lock, [this] { return ended_; });
  return final_;
}

void Runtime::end_run() {
  {
    const std::lock_guard lock(end_mutex_);
    ended_ = true;
  }
  end_changed_.notify_all();
}

/// Runs `work` on the io thread and waits for it.
void Runtime::on_io(std::function<void()> work) {
  std::promise<void> done;
  io_.post([&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

void Runtime::quiesce() {
  stopped_ = true;
  end_run();
  on_io([this] {
    quiet_ = true;
    refuse_waiters("stopped");
  });
}

void Runtime::refuse_waiters(const std::string& problem) {
  for (auto& [key, waiting] : waiters_) {
    for (auto& waiter : waiting) {
      if (!waiter->claimed.exchange(true)) waiter->answer.set_value(refused(problem));
    }
  }
  waiters_.clear();
}

void Runtime::close() {
  // Shared with the callback: it may come after we stopped waiting for it.
  auto closed = std::make_shared<std::promise<void>>();
  auto gone = closed->get_future();
  Seen seen;
  on_io([&] {
    const auto& welcome = link_.welcome();
    if (keeps_lsn_ && link_.highest_lsn() > saved_lsn_) {
      seen = {welcome.log, welcome.epoch.epoch, welcome.epoch.nonce, link_.highest_lsn()};
    }
    link_.stop("stopped", [closed] { closed->set_value(); });
  });
  gone.wait_for(kCloseWithin);
  if (seen.lsn == 0) return;
  const std::string why = thrown_by([&] { store_.remember(seen); });
  if (!why.empty()) on_io([&] { link_.report(why); });
}

}  // namespace troth::sdk
