// tests/sim/client.h: who begins transactions, in every way there is, and takes home what he hears. Never killed: an
// operation that is not answered is asked again, or its client says that he does not know.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "participant-sdk/client/window.h"
#include "tests/sim/coordinator.h"
#include "tests/sim/process.h"

namespace troth::sim {

class World;

class Client final : public Process {
 public:
  Client(World& world, std::string name, std::uint32_t operations);
  void start();
  bool done() const { return begun_ == operations_ && open_ == 0; }
  const std::string& name() const { return name_; }

 private:
  struct Operation;
  using Heard = std::function<void(const sdk::Answer*)>;

  void next_operation();
  request::Begin some_begin(const std::string& label, std::size_t branches);
  void finish(const Result& result, const std::string& label);
  // Everything in one message, once: who hears nothing does not know.
  void run_plain(const std::string& label);
  // With an Idempotency-Key, again and again until the outcome is heard.
  void run_keyed(const std::string& label);
  void ask_keyed(std::shared_ptr<request::Begin> begin, const std::string& label, int tries);
  // Exactly once through the SDK's window.
  void run_in_session(const std::string& label);
  void connect_session();
  void pump_session();
  void session_heard(std::uint64_t life, client_session::Reply reply);
  // Begin, work at services, commit or abort.
  void run_interactive(const std::string& label);
  void enlist(const std::shared_ptr<Operation>& operation);
  void enlisted(const std::shared_ptr<Operation>& operation, bool accepted);
  void end(const std::shared_ptr<Operation>& operation, int tries);
  void ask(request::Request request, Heard heard);

  World& world_;
  std::string name_;
  std::uint32_t operations_;
  std::uint32_t begun_ = 0;
  std::uint32_t open_ = 0;
  sdk::Window window_;
  std::uint64_t session_life_ = 0;  // counts connections of the session; 0: none
  bool session_up_ = false;
  std::uint64_t session_server_life_ = 0;
};

}  // namespace troth::sim
