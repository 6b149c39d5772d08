// tests/scenarios/engine_stage.h: the real engine and recovery on a log whose durability the scenario decides, with
// time that passes only when told. Words: README.md.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "coordinator/engine/engine.h"
#include "recovery/rebuild.h"
#include "tests/engine/fake_log.h"
#include "tests/scenarios/language.h"
#include "tests/scenarios/names.h"

namespace troth::scenarios {

/// The fake log, and whether it owes the engine an answer to a question.
class AskedLog : public test::FakeLog {
 public:
  void find(std::string key, std::uint64_t token) override {
    is_asked_ = true;
    FakeLog::find(std::move(key), token);
  }
  std::vector<wal::Found> take_found() override {
    if (has_answers()) is_asked_ = false;
    return FakeLog::take_found();
  }
  bool has_answers() const { return is_asked_ && durable() == records().size(); }

 private:
  bool is_asked_ = false;
};

class EngineStage : public Stage, private engine::Outbox {
 public:
  void play(Command& command) override;
  void together(bool on) override;
  std::vector<std::string> take_trace() override;

 private:
  using Word = void (EngineStage::*)(Command&);
  static const std::map<std::string, Word>& words();
  static const std::map<std::string, Word>& words_of_participants();
  static const std::map<std::string, Word>& words_of_clients();
  static const std::map<std::string, Word>& words_of_operators();

  // engine_stage.cpp: the process, its log and the clock
  void need_engine(const Command& command);
  void start();
  void end_process();
  void turn();
  void note_records();
  void release(std::vector<engine::Outgoing>& batch) override;
  void put(engine::Command command);
  void disk(Command& command);
  void limit(Command& command);
  void durable(Command& command);
  void tick(Command& command);
  void crash(Command& command);
  void power_cut(Command& command);
  void stop(Command& command);
  void start_again(Command& command);
  void drain(Command& command);

  // given.cpp: records that were there before
  void given(Command& command);
  Fact fact_of(const std::string& kind, Command& command);
  std::vector<DecidedBranch> decided_branches(Command& command);
  void compact(Command& command);
  recovery::Replay read_log(Lsn upto) const;
  void backup(Command& command);
  void restore(Command& command);

  // engine_participants.cpp
  void with(Command& command);
  void connect(Command& command);
  void disconnect(Command& command);
  void join(Command& command);
  void vote(Command& command);
  void ack(Command& command);
  void list(Command& command);
  void inquire(Command& command);
  void fail(Command& command);
  engine::ConnectionId open(Command& command, const std::string& spec);
  void say(Command& command, const std::string& who, session::Message message);
  BranchId branch(Command& command);
  TransactionId transaction(Command& command, const std::string& text);

  // engine_clients.cpp
  void begin(Command& command);
  void enlist(Command& command);
  void commit(Command& command);
  void abort(Command& command);
  void get(Command& command);
  void watch(Command& command);
  void decision(Command& command);
  void resolve(Command& command);
  void settle(Command& command);
  void retry(Command& command);
  void retire(Command& command);
  void remove(Command& command);
  void ask(Command& command, const std::string& verb, request::Request request);
  std::optional<engine::InSession> in_session(Command& command, request::Begin& begin);

  AskedLog log_;
  std::unique_ptr<engine::Engine> engine_;
  std::size_t noted_ = 0;  // records of the log that the trace has had
  std::vector<wal::Record> backup_;
  Limits limits_;
  core::Now now_{1'000'000, 1'700'000'000'000};
  EpochId epoch_;
  Names names_;

  std::vector<engine::Command> inbox_;
  bool is_together_ = false;
  std::vector<std::string> trace_;

  engine::ConnectionId connections_ = 0;
  std::map<std::string, engine::ConnectionId> open_;  // by "a" or "a/2"
  std::map<std::string, engine::ConnectionId> replaced_;
  std::map<engine::ConnectionId, std::string> specs_;
  std::map<std::string, bool> callbacks_;
  struct Asked {
    std::string what;
    std::string names;  // the name a begin has given
    bool shows_branches = false;
  };
  std::map<engine::ReplyTo, Asked> asked_;
  engine::ReplyTo replies_ = 0;
};

}  // namespace troth::scenarios
