// tests/engine/desk.h: a world with one participant of each kind, as an operator sees it.
#pragma once

#include <string>
#include <vector>

#include "tests/engine/world.h"

namespace troth::test {

/// bank-a: any instance; bank-b: pinned; bank-c: callbacks.
struct Desk : World {
  explicit Desk(Limits limits = {}) : World(limits) {
    fact::ParticipantRegistered registered;
    registered.name = "bank-c";
    registered.kind = ParticipantKind::kCallback;
    registered.url = "http://127.0.0.1:9000/c";
    const auto record = recovery::to_record(registered);
    log.append({&record, 1});
    log.sync();
    crash();
    log.auto_durable = true;
    open_a();
    open_b();
  }
  void open_a(const std::string& incarnation = "1") { a = connect("bank-a", "a1", incarnation); }
  void open_b(const std::string& incarnation = "1") {
    session::Hello hello;
    hello.participant = "bank-b";
    hello.instance = "b1";
    hello.incarnation = incarnation;
    hello.routing = Routing::kPinned;
    hello.capabilities = {"one-phase"};
    b = connect(std::move(hello));
  }
  void restart() {
    crash();
    open_a("2");
    open_b("2");
  }

  /// A transaction at these participants, committed by all, told to all, acknowledged by none.
  TransactionId decided(std::vector<std::string> names) {
    const TransactionId made = begun(std::move(names));
    ask(request::Commit{made, Wait::kDecided, {}});
    for (const auto& branch : view(made).branches) say_vote({made, branch.n}, branch.participant, VoteKind::kCommit);
    return made;
  }
  TransactionId begun(std::vector<std::string> names) {
    const auto reply = ask(transfer(std::move(names), false));
    const auto* told = answer_as<answer::Transaction>(reply);
    EXPECT_NE(told, nullptr);
    return told ? told->view.id : TransactionId{};
  }
  void say_vote(const BranchId& branch, const std::string& participant, VoteKind kind, const std::string& why = "") {
    said(participant, session::Vote{branch, kind, why});
  }
  void say_ack(const BranchId& branch, const std::string& participant, AckResult result = AckResult::kCommitted) {
    said(participant, session::Ack{branch, result});
  }
  void said(const std::string& participant, session::Message message) {
    if (participant == "bank-c") {
      inbox.push_back(engine::CallbackSaid{participant, std::move(message)});
      return turn();
    }
    say(participant == "bank-a" ? a : b, std::move(message));
  }
  void fail_callback(const BranchId& branch, const std::string& code = "timeout") {
    inbox.push_back(engine::CallbackFailed{branch, true, code, "no answer in 5000 ms", 0});
    turn();
  }

  TransactionView view(const TransactionId& of) {
    const auto reply = ask(request::Get{of, {}});
    const auto* told = answer_as<answer::Transaction>(reply);
    EXPECT_NE(told, nullptr) << to_text(of);
    return told ? told->view : TransactionView{};
  }
  /// "prepare_sent 1: attempt 1"
  std::vector<std::string> timeline(const TransactionId& of) {
    std::vector<std::string> lines;
    for (const auto& item : view(of).timeline) {
      std::string line = item.what;
      if (item.branch) line += " " + std::to_string(*item.branch);
      if (item.detail) line += ": " + *item.detail;
      lines.push_back(std::move(line));
    }
    return lines;
  }
  std::vector<TransactionId> in_state(request::StateFilter state) {
    request::List list;
    list.state = state;
    const auto reply = ask(list);
    std::vector<TransactionId> ids;
    for (const auto& row : answer_as<answer::Transactions>(reply)->views) ids.push_back(row.id);
    return ids;
  }
  DecisionKind decision(const BranchId& branch) {
    const auto reply = ask(request::GetDecision{branch});
    return answer_as<answer::Decision>(reply)->view.decision;
  }
  request::Resolve resolve(const BranchId& branch, ResolveAction action, bool heuristic = false) {
    return {branch, action, "settled at the desk", "alice", heuristic, false, {}};
  }

  engine::ConnectionId a = 0;
  engine::ConnectionId b = 0;
};

}  // namespace troth::test
