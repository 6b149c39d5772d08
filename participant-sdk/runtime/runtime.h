// participant-sdk/runtime/runtime.h: what stands between the connection, the branches' machine and the resource. Owns
// the branches; lives on the io thread but where a method says otherwise.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "participant-sdk/core/branches.h"
#include "participant-sdk/runtime/calls.h"
#include "participant-sdk/runtime/link.h"

namespace troth::sdk {

/// One waiting enlist(). Whoever claims it first, the answer or the timeout, decides.
struct EnlistWaiter {
  std::atomic<bool> claimed = false;
  std::promise<Enlistment> answer;
};

class Runtime final : public LinkUser {
 public:
  Runtime(transport::Io& io, Pool& pool, Resource& resource, SeenStore& store, LinkOptions options);

  /// Any thread.
  void start();
  Enlistment enlist(const TransactionId& transaction, const std::string& key, std::chrono::milliseconds timeout);
  bool connected() const { return connected_; }
  /// True where waiting would wait for itself: on the io thread or a thread of the pool.
  bool in_callback() const { return on_io_thread() || pool_.on_thread(); }
  bool on_io_thread() const { return std::this_thread::get_id() == io_thread_; }
  /// Waits until there will be no other connection, or end_run(). True: final by the coordinator's word.
  bool wait_for_end();
  void end_run();
  /// Stops taking messages; then, after the pool was stopped, says Goodbye and waits for the connection to close.
  void quiesce();
  void close();

  void on_adopted(const session::Welcome& welcome) override;
  void on_message(session::Message message) override;
  void on_frame_done() override { flush(); }
  void on_lost() override;
  void on_final(const std::string& why) override;

 private:
  using EnlistKey = std::pair<TransactionId, std::string>;

  void handle(session::Prepare& message);
  void handle(session::CommitOnePhase& message);
  void handle(session::Commit& message);
  void handle(session::Abort& message);
  void handle(session::Decision& message);
  void handle(session::Enlisted& message);
  void handle(session::Forget& message);
  void handle(session::Credit& message);
  template <class Other>
  void handle(Other&) {}  // what a participant says; a coordinator that says it is not broken by us

  void apply(const BranchId& id, Event event);
  void returned(Calls::Returned batch);
  void flush();
  void grant_credit();
  void arm_timer();
  void list_in_doubt();
  void listed(const std::vector<BranchId>& branches, std::uint64_t connection);
  void begin_enlist(const EnlistKey& key, std::shared_ptr<EnlistWaiter> waiter);
  void refuse_waiters(const std::string& problem);
  void drop_waiter(const EnlistKey& key, const std::shared_ptr<EnlistWaiter>& waiter);
  void forget(std::vector<BranchId> branches, TransactionId horizon);
  void save_lsn_later();
  void on_io(std::function<void()> work);
  static Millis now();

  transport::Io& io_;
  Pool& pool_;
  Resource& resource_;
  SeenStore& store_;
  const bool keeps_lsn_;  // the store is ours: we write the highest LSN now and then
  const bool has_one_phase_;
  Branches branches_;
  std::vector<Effect> effects_;
  Calls calls_;
  Link link_;
  std::map<EnlistKey, std::vector<std::shared_ptr<EnlistWaiter>>> waiters_;
  std::uint64_t connection_ = 0;         // counts adoptions
  std::uint64_t prepares_received_ = 0;  // on this connection
  std::uint64_t prepares_granted_ = 0;
  Millis timer_due_ = 0;
  LogId saved_log_;
  Lsn saved_lsn_ = 0;  // of saved_log_
  bool quiet_ = false;
  std::string gone_;  // why there will be no other connection
  std::atomic<bool> connected_ = false;
  std::atomic<bool> stopped_ = false;  // the io thread may be gone
  std::atomic<std::thread::id> io_thread_{};

  std::mutex end_mutex_;
  std::condition_variable end_changed_;
  bool ended_ = false;
  bool final_ = false;
};

/// Prepares the coordinator may have outstanding with us.
inline constexpr std::uint32_t kPrepareWindow = 1'024;

}  // namespace troth::sdk
