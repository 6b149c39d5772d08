// tests/e2e/chaos/traffic.h: clients that never stop asking. Each sends its job again and again, under the same
// idempotency key, until it is told what became of it; then it goes on to the next.
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

namespace troth::chaos {

class Traffic {
 public:
  struct Options {
    std::string url;
    std::vector<std::string> participants;
    Draw draw;
    std::uint64_t seed = 1;
    unsigned in_flight = 1;
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
  /// The key of job `number`: a repeat must hear the same again.
  std::string key_of(std::uint64_t number) const { return run_ + "-" + std::to_string(number); }

 private:
  void next();
  void send(const Job& job);
  void heard(const Job& job, const transport::HttpResult& result);

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
