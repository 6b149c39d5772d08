// participant-sdk/runtime/link.h: the connection to the coordinator: dial, Hello, Welcome, fence, steady state, and
// again after a loss. All of it on the io thread, but the store of what was seen, which may block and is asked on the
// pool.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "participant-sdk/runtime/fence.h"
#include "participant-sdk/runtime/outgoing.h"
#include "participant-sdk/runtime/pool.h"
#include "proto/transport/io.h"
#include "proto/transport/websocket.h"

namespace troth::sdk {

/// Who uses the link. Calls come on the io thread.
class LinkUser {
 public:
  virtual ~LinkUser() = default;
  /// What this coordinator said is durable: it may be obeyed, and messages may be queued.
  virtual void on_adopted(const session::Welcome& welcome) = 0;
  /// One message of the adopted coordinator, of the present connection and epoch.
  virtual void on_message(session::Message message) = 0;
  /// All messages of one frame were handed over.
  virtual void on_frame_done() = 0;
  /// The adopted connection is gone.
  virtual void on_lost() = 0;
  /// There will be no other connection: "replaced", or "refused" for good.
  virtual void on_final(const std::string& why) = 0;
};

struct LinkOptions {
  std::string url;
  session::Hello hello;  // `seen` is filled at each connect
  Millis reconnect_min = 50;
  Millis reconnect_max = 5'000;
  std::function<void(std::string_view)> on_state;
};

/// After a refusal that only an operator can lift, this many times reconnect_max pass.
inline constexpr Millis kRefusedFactor = 6;

class Link {
 public:
  /// References must outlive the io thread's last callback and the pool's last job.
  Link(transport::Io& io, Pool& pool, SeenStore& store, LinkOptions options, LinkUser& user);

  void connect();
  bool adopted() const { return state_ == State::kSteady; }
  /// Of the coordinator that was adopted last.
  const session::Welcome& welcome() const { return welcome_; }
  Outgoing& outgoing() { return outgoing_; }
  /// Something was queued in outgoing().
  void wake();
  /// What the coordinator must not undercut; made durable now and then, for a store that is ours.
  void saw(Lsn lsn) { highest_lsn_ = std::max(highest_lsn_, lsn); }
  Lsn highest_lsn() const { return highest_lsn_; }
  /// Says Goodbye and closes; no reconnect. `done` is called once the connection is gone.
  void stop(std::string reason, std::function<void()> done);
  void report(const std::string& state);

 private:
  class Session;
  enum class State { kIdle, kConnecting, kGreeting, kAdopting, kSteady, kLeaving, kStopped };

  void dial(std::vector<Seen> seen);
  void opened(Session& session, std::shared_ptr<transport::WebSocket> socket);
  void received(std::string_view bytes);
  void frame(session::Frame frame);
  void greeted(const session::Frame& frame);
  void adopt(session::Welcome welcome);
  void adopted_durably(const session::Welcome& welcome, const std::string& problem);
  void hold(session::Frame frame, std::size_t bytes);
  void end(int code, const std::string& reason);
  void finish(const std::string& state, const std::string& why);
  std::string next_frame();
  void closed(int code, const std::string& reason);
  void refuse(int code, const std::string& why);
  void reconnect_in(Millis delay);
  Millis backoff();

  transport::Io& io_;
  Pool& pool_;
  SeenStore& store_;
  LinkOptions options_;
  LinkUser& user_;
  State state_ = State::kIdle;
  std::shared_ptr<Session> session_;  // the present connection; what any other one says is dropped
  std::shared_ptr<transport::WebSocket> socket_;
  session::Welcome welcome_;
  Outgoing outgoing_;
  std::vector<session::Frame> held_;  // frames that came while what was seen is being made durable
  std::size_t held_bytes_ = 0;
  bool hello_due_ = false;
  bool goodbye_due_ = false;
  bool refused_ = false;        // this connection ends by our own refusal: come back late
  std::uint32_t attempts_ = 0;  // since a message of an adopted coordinator, or a connection of some length
  std::chrono::steady_clock::time_point steady_since_;
  Lsn highest_lsn_ = 0;
  std::string last_report_;
  std::string goodbye_;
  std::function<void()> stopped_;
  std::mt19937_64 random_{std::random_device{}()};
};

}  // namespace troth::sdk
