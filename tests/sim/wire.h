// tests/sim/wire.h: one connection between an instance and a coordinator: first in, first out, both ways, until it is
// cut; then what was under way is lost, and each side finds out by itself, some time later.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "proto/values/messages.h"
#include "tests/sim/clock.h"

namespace troth::sim {

class Coordinator;
class Instance;
class World;

struct Wire : std::enable_shared_from_this<Wire> {
  Wire(World& world, Coordinator& server, Instance& client);

  void to_server(std::vector<session::Message> messages);
  void to_client(std::vector<session::Message> messages);
  /// The server closes: the client hears the code after all that was sent before.
  void close_by_server(int code);
  void close_by_client();
  /// The network drops it. Sides hear of it later.
  void cut();
  /// Prepares that were never delivered, and never will be: those the server can say never left.
  std::vector<BranchId> unsent_prepares() const;

  World& world;
  Coordinator& server;
  Instance& client;
  const std::uint64_t server_life;
  const std::uint64_t client_life;
  std::uint64_t id = 0;  // the engine's ConnectionId, given at the Hello
  bool is_cut = false;
  bool server_gone = false;
  bool client_gone = false;

 private:
  Micros arrival(Micros& last);
  void queue_prepare(session::Message message);
  void send_queued();
  void send(std::vector<session::Message> messages);

  Micros last_to_server_ = 0;
  Micros last_to_client_ = 0;
  std::deque<session::Message>
      queued_;  // prepares that wait in the server for room; what is more urgent overtakes them
  bool queue_moves_ = false;
  std::deque<std::vector<session::Message>> flying_;  // to the client
};

}  // namespace troth::sim
