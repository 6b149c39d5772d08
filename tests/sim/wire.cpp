#include "tests/sim/wire.h"

#include <algorithm>
#include <variant>

#include "tests/sim/coordinator.h"
#include "tests/sim/instance.h"
#include "tests/sim/world.h"

namespace troth::sim {
namespace {

constexpr std::uint32_t kQueuedOf10000 = 1'000;  // of the prepares wait in the server's queue

const BranchId* prepared_branch(const session::Message& message) {
  if (const auto* prepare = std::get_if<session::Prepare>(&message)) return &prepare->branch;
  if (const auto* one_phase = std::get_if<session::CommitOnePhase>(&message)) return &one_phase->branch;
  return nullptr;
}

}  // namespace

Wire::Wire(World& w, Coordinator& s, Instance& c)
    : world(w), server(s), client(c), server_life(s.life()), client_life(c.life()) {}

Micros Wire::arrival(Micros& last) {
  last = std::max(last, world.clock.now() + world.latency());
  return last;
}

void Wire::to_server(std::vector<session::Message> messages) {
  if (is_cut || client_gone) return;
  if (world.breaks_connection()) return cut();
  world.clock.at(arrival(last_to_server_), [self = shared_from_this(), messages = std::move(messages)]() mutable {
    if (self->is_cut || self->server_gone) return;
    if (self->server.life() != self->server_life) return self->cut();  // nobody is there any more
    self->server.later(0, [self, messages = std::move(messages)] {
      if (!self->server_gone) self->server.heard(self, messages);
    });
  });
}

void Wire::to_client(std::vector<session::Message> messages) {
  if (is_cut || server_gone) return;
  if (world.breaks_connection()) return cut();
  std::vector<session::Message> urgent;
  for (auto& message : messages) {
    const bool waits = prepared_branch(message) && (!queued_.empty() || world.chance(kQueuedOf10000));
    if (const auto* abort = std::get_if<session::Abort>(&message)) {
      // As the server's queue: a prepare that waits is not worth sending any more.
      std::erase_if(queued_, [&](const auto& one) { return *prepared_branch(one) == abort->branch; });
    }
    if (waits) {
      queue_prepare(std::move(message));
    } else {
      urgent.push_back(std::move(message));
    }
  }
  send(std::move(urgent));
}

void Wire::queue_prepare(session::Message message) {
  queued_.push_back(std::move(message));
  if (std::exchange(queue_moves_, true)) return;
  server.later(world.rng.between(1, 20) * kMillisecond, [self = shared_from_this()] { self->send_queued(); });
}

void Wire::send_queued() {
  queue_moves_ = false;
  std::vector<session::Message> all(std::make_move_iterator(queued_.begin()), std::make_move_iterator(queued_.end()));
  queued_.clear();
  if (!is_cut && !server_gone) send(std::move(all));
}

void Wire::send(std::vector<session::Message> messages) {
  if (messages.empty()) return;
  flying_.push_back(messages);
  world.clock.at(arrival(last_to_client_), [self = shared_from_this(), messages = std::move(messages)]() mutable {
    if (self->is_cut || self->client_gone || self->client.life() != self->client_life) return;
    self->flying_.pop_front();
    self->client.later(0, [self, messages = std::move(messages)] {
      if (!self->client_gone) self->client.heard(self, messages);
    });
  });
}

void Wire::close_by_server(int code) {
  if (server_gone) return;
  server_gone = true;
  if (is_cut) return;
  world.clock.at(arrival(last_to_client_), [self = shared_from_this(), code] {
    if (self->is_cut || self->client_gone || self->client.life() != self->client_life) return;
    self->client.later(0, [self, code] {
      if (!self->client_gone) self->client.closed(self, code);
    });
  });
}

void Wire::close_by_client() {
  if (client_gone) return;
  client_gone = true;
  if (is_cut) return;
  world.clock.at(arrival(last_to_server_), [self = shared_from_this()] {
    if (self->is_cut || self->server_gone || self->server.life() != self->server_life) return;
    self->server.later(0, [self] { self->server.lost(self); });
  });
}

void Wire::cut() {
  if (is_cut) return;
  is_cut = true;
  const auto self = shared_from_this();
  if (!server_gone && server.life() == server_life) {
    server.later(world.notice(), [self] { self->server.lost(self); });
  }
  if (!client_gone && client.life() == client_life) {
    client.later(world.notice(), [self] {
      if (!self->client_gone) self->client.closed(self, 0);
    });
  }
}

std::vector<BranchId> Wire::unsent_prepares() const {
  std::vector<BranchId> unsent;
  const auto add = [&](const session::Message& message) {
    if (const BranchId* branch = prepared_branch(message)) unsent.push_back(*branch);
  };
  for (const auto& message : queued_) add(message);
  if (!is_cut) return unsent;
  for (const auto& frame : flying_) {
    for (const auto& message : frame) add(message);
  }
  return unsent;
}

}  // namespace troth::sim
