#include "bench/engine_loop.h"

#include <chrono>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <variant>
#include <vector>

#include "coordinator/engine/engine.h"
#include "recovery/rebuild.h"
#include "wal/superseding.h"

namespace troth::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr LogId kLog{7};
constexpr EpochId kEpoch{1, 77};
constexpr std::uint64_t kAtOnce = 64;

/// Keeps nothing.
class NoLog : public wal::Log {
 public:
  Lsn append(std::span<const wal::Record> records) override { return last_ += records.size(); }
  Lsn durable() const override { return last_; }
  void find(std::string, std::uint64_t) override {}
  std::vector<wal::Found> take_found() override { return {}; }
  void on_progress(std::function<void()>) override {}
  bool has_reserve() const override { return true; }
  std::unique_ptr<wal::Superseding> supersede() override { std::abort(); }
  void stop() override {}

 private:
  Lsn last_ = 0;
};

/// Participants and clients: what is sent to them in a turn they answer in the next.
class Answering : public engine::Outbox {
 public:
  void release(std::vector<engine::Outgoing>& batch) override {
    for (auto& outgoing : batch) {
      if (const auto* sent = std::get_if<engine::ToSession>(&outgoing)) {
        hear(*sent);
      } else if (const auto* reply = std::get_if<engine::Reply>(&outgoing)) {
        const auto* told = std::get_if<answer::Transaction>(&reply->answer);
        if (!told || told->view.outcome != Outcome::kCommitted) throw std::runtime_error("not committed");
        ++committed;
      }
    }
    batch.clear();
  }

  std::vector<engine::Command> next;
  std::uint64_t committed = 0;

 private:
  void hear(const engine::ToSession& sent) {
    if (const auto* prepare = std::get_if<session::Prepare>(&sent.message)) {
      next.push_back(engine::SessionSaid{sent.connection, session::Vote{prepare->branch, VoteKind::kCommit, ""}});
    } else if (const auto* commit = std::get_if<session::Commit>(&sent.message)) {
      next.push_back(engine::SessionSaid{sent.connection, session::Ack{commit->branch, AckResult::kCommitted}});
    }
  }
};

engine::SessionOpened opened(engine::ConnectionId connection, const char* name) {
  session::Hello hello;
  hello.participant = name;
  hello.instance = std::string(24, 'i');
  hello.incarnation = "1";
  return {connection, std::move(hello), "bench"};
}

engine::ClientRequest transfer(engine::ReplyTo reply) {
  request::Begin begin;
  begin.commit = true;
  for (const char* name : {"bank-a", "bank-b"}) {
    begin.branches.push_back({name, "", PayloadType::kJson, R"({"account":"7","amount":-50})"});
  }
  return {reply, std::move(begin), {}};
}

}  // namespace

std::uint64_t loop_engine(double seconds) {
  NoLog log;
  recovery::Known known;
  known.log = kLog;
  const fact::EpochStarted started{kEpoch, 0, 1'700'000'000'000};
  const wal::Record record = recovery::to_record(started);
  recovery::fold(known, log.append({&record, 1}), started);
  known.last_lsn = log.durable();
  const auto begun = Clock::now();
  const auto now = [&] {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun).count();
    return core::Now{1'000'000 + ms, 1'700'000'000'000 + ms};
  };
  engine::Options options;
  options.limits.detail_count = 10'000;  // what is kept of the past is another suite's
  engine::Engine engine(log, std::move(known), kEpoch, options, now());
  Answering answering;
  std::vector<engine::Command> inbox = {opened(1, "bank-a"), opened(2, "bank-b")};
  engine.turn(inbox, now(), answering);
  engine::ReplyTo reply = 0;
  while (std::chrono::duration<double>(Clock::now() - begun).count() < seconds) {
    inbox.swap(answering.next);
    while (reply - answering.committed < kAtOnce) inbox.push_back(transfer(++reply));
    engine.turn(inbox, now(), answering);
  }
  return answering.committed;
}

}  // namespace troth::bench
