// tests/e2e/chaos/traffic.h: clients that never stop asking. Each sends its job again and again, under the same
// idempotency key or to the same id, until it is told what became of it; then it goes on to the next.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "proto/transport/http_client.h"
#include "tests/e2e/chaos/jobs.h"
#include "tests/e2e/demo/answer.h"

namespace troth::chaos {

struct Request {
  std::string target;
  transport::Headers headers;
  std::string body;
};

class Traffic {
 public:
  struct Options {
    std::string url;
    std::vector<std::string> participants;
    Draw draw;
    std::uint64_t seed = 1;
    unsigned in_flight = 1;
    Millis pause_ms = 0;  // of a client between two jobs
  };
  /// Begins at once; the work is done on the io thread.
  Traffic(transport::Io& io, Options options);
  ~Traffic();  // before the Io stops
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;

  std::uint64_t told() const;
  /// True once so many are told, in all; false after `timeout`. Throws std::runtime_error when the coordinator answered
  /// what it never may.
  bool wait_for(std::uint64_t count, std::chrono::milliseconds timeout);
  /// No new jobs; true when all that were begun are told.
  bool finish(std::chrono::milliseconds timeout);
  /// What was told since the last call, in order.
  std::vector<Told> take();
  /// What asks for the end of it once more: that must be the same again.
  Request repeat_of(const Told& told) const { return request_of(told.job, told.transaction); }

 private:
  /// A job under way, and its transaction once it is begun (without a key).
  struct Errand {
    Job job;
    std::string transaction;
  };
  Request request_of(const Job& job, const std::string& transaction) const;
  void next();
  void send(const Errand& errand);
  void send_again(const Errand& errand);
  void heard(const Errand& errand, const transport::HttpResult& result);
  void record(const Errand& errand, const demo::Answer& answer);

  transport::Io& io_;
  const Options options_;
  const std::string run_;
  std::unique_ptr<transport::HttpClient> client_;
  // Io thread only.
  Random random_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // timers outlive us

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool finishing_ = false;
  std::uint64_t begun_ = 0;
  std::uint64_t done_ = 0;
  std::vector<Told> told_;
  std::string broken_;
};

}  // namespace troth::chaos
