// tests/engine/world.h: an engine, its log and its clients as a small language, so that a test is a short story.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "coordinator/engine/engine.h"
#include "proto/codec/record_codec.h"
#include "recovery/rebuild.h"
#include "tests/engine/fake_log.h"

namespace troth::test {

class World : public engine::Outbox {
 public:
  explicit World(Limits limits = {}) : limits_(limits) { start(); }

  /// A start of the coordinator: replay, EpochStarted, engine.
  void start() {
    recovery::Replay replay = read();
    ++epoch_.epoch;
    epoch_.nonce = 77 + epoch_.epoch;
    const fact::EpochStarted started{epoch_, 0, now.at};
    const auto record = recovery::to_record(started);
    const Lsn lsn = log.append({&record, 1});
    log.sync();
    recovery::fold(replay.known(), lsn, started);
    engine::Options options;
    options.limits = limits_;
    engine_ = std::make_unique<engine::Engine>(log, std::move(replay.known()), epoch_, options, now);
  }
  void crash() {
    engine_.reset();
    log.crash();
    sent.clear();
    start();
  }
  /// A start after an unclean stop: a set speaks for all records.
  void rebuild() {
    engine_.reset();
    log.crash();
    std::vector<wal::Record> set;
    read().rebuilt(log.durable(), now.at, [&set](const wal::Record& row) { set.push_back(row); });
    log.supersede(std::move(set), log.durable());
    sent.clear();
    start();
  }
  void turn() {
    engine_->turn(inbox, now, *this);
    ++now.due;
    ++now.at;
  }
  /// Turns with every append synced, until nothing new happens.
  void settle() {
    for (int i = 0; i < 4; ++i) {
      log.sync();
      turn();
    }
  }
  void pass(Millis ms) {
    now.due += ms;
    now.at += ms;
    turn();
  }

  engine::ConnectionId connect(const std::string& participant, const std::string& instance = "i",
                               const std::string& incarnation = "1") {
    session::Hello hello;
    hello.participant = participant;
    hello.instance = instance;
    hello.incarnation = incarnation;
    return connect(std::move(hello));
  }
  engine::ConnectionId connect(session::Hello hello) {
    inbox.push_back(engine::SessionOpened{++connections_, std::move(hello), "test"});
    turn();
    return connections_;
  }
  void say(engine::ConnectionId connection, session::Message message) {
    inbox.push_back(engine::SessionSaid{connection, std::move(message)});
    turn();
  }
  void disconnect(engine::ConnectionId connection, std::vector<BranchId> unsent = {}) {
    inbox.push_back(engine::SessionClosed{connection, std::move(unsent)});
    turn();
  }
  engine::ReplyTo ask(request::Request request, std::optional<EpochId> first_epoch = std::nullopt) {
    std::optional<engine::InSession> in_session;
    if (first_epoch) {
      const auto& origin = std::get<request::Begin>(request).origin;
      in_session = engine::InSession{origin.client_session, origin.sequence, origin.acked_below, *first_epoch, {}};
    }
    inbox.push_back(engine::ClientRequest{++replies_, std::move(request), std::move(in_session)});
    turn();
    return replies_;
  }

  static request::Begin transfer(std::vector<std::string> participants, bool commit = true) {
    request::Begin begin;
    begin.commit = commit;
    for (auto& name : participants) begin.branches.push_back({std::move(name), "", PayloadType::kJson, "{}"});
    return begin;
  }

  /// The answer to `to`, if it has left.
  const answer::Answer* answer(engine::ReplyTo to) const {
    for (const auto& message : sent) {
      if (const auto* reply = std::get_if<engine::Reply>(&message); reply && reply->reply == to) return &reply->answer;
    }
    return nullptr;
  }
  template <class T>
  const T* answer_as(engine::ReplyTo to) const {
    const auto* found = answer(to);
    return found ? std::get_if<T>(found) : nullptr;
  }
  /// The slug of a refusal; "" when there is no answer or another.
  std::string refusal(engine::ReplyTo to) const {
    const auto* refused = answer_as<answer::Refused>(to);
    return refused ? std::string(info(refused->problem.slug).text) : "";
  }
  /// Every message of kind T that left for `connection`, in order.
  template <class T>
  std::vector<T> heard(engine::ConnectionId connection) const {
    std::vector<T> messages;
    for (const auto& message : sent) {
      const auto* said = std::get_if<engine::ToSession>(&message);
      if (!said || said->connection != connection) continue;
      if (const auto* wanted = std::get_if<T>(&said->message)) messages.push_back(*wanted);
    }
    return messages;
  }
  int closed(engine::ConnectionId connection) const {
    for (const auto& message : sent) {
      const auto* close = std::get_if<engine::CloseSession>(&message);
      if (close && close->connection == connection) return close->code;
    }
    return 0;
  }
  /// The n-th transaction of this start.
  TransactionId id(std::uint64_t sequence) const { return {kLog, 0, epoch_, sequence}; }
  void vote(engine::ConnectionId connection, const BranchId& branch, VoteKind kind = VoteKind::kCommit) {
    say(connection, session::Vote{branch, kind, ""});
  }
  void ack(engine::ConnectionId connection, const BranchId& branch, AckResult result = AckResult::kCommitted) {
    say(connection, session::Ack{branch, result});
  }
  engine::Engine& engine() { return *engine_; }
  EpochId epoch() const { return epoch_; }

  void release(std::vector<engine::Outgoing>& batch) override {
    for (auto& message : batch) sent.push_back(std::move(message));
  }

  static constexpr LogId kLog{0x1234};
  FakeLog log;
  core::Now now{1'000'000, 1'700'000'000'000};
  std::vector<engine::Command> inbox;
  std::vector<engine::Outgoing> sent;

 private:
  /// What the log says.
  recovery::Replay read() const {
    recovery::Replay replay(limits_);
    replay.known().log = kLog;
    for (const auto& row : log.set()) EXPECT_EQ(replay.see({0, row.kind, row.body}), "");
    for (Lsn lsn = log.cut() + 1; lsn <= log.records().size(); ++lsn) {
      const auto& record = log.records()[lsn - 1];
      EXPECT_EQ(replay.see({lsn, record.kind, record.body}), "");
    }
    return replay;
  }

  Limits limits_;
  EpochId epoch_;
  std::unique_ptr<engine::Engine> engine_;
  engine::ConnectionId connections_ = 0;
  engine::ReplyTo replies_ = 0;
};

}  // namespace troth::test
