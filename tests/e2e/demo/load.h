// The client: makes the transfers, so many at a time, each again and again until it is told what became of it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "proto/transport/http_client.h"
#include "tests/e2e/demo/transfers.h"

namespace troth::demo {

class Load {
 public:
  /// Begins at once; the work is done on the io thread.
  Load(transport::Io& io, const std::string& url, std::vector<Transfer> transfers, std::uint32_t in_flight);
  /// Drops what is still open; after it nothing of this runs on the io thread. Before the Io stops.
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  /// Waits until `count` transfers are told or `timeout`; returns how many are. Throws std::runtime_error when the
  /// coordinator answered what it never may. Any thread but the io thread.
  std::uint32_t wait_for(std::uint32_t count, std::chrono::milliseconds timeout);
  /// By transfer. When all are told.
  const std::vector<Told>& told() const { return told_; }
  double seconds() const { return std::chrono::duration<double>(ended_ - begun_).count(); }
  std::uint64_t repeats() const { return repeats_; }

 private:
  void next();
  void send(std::size_t index);
  void heard(std::size_t index, const transport::HttpResult& result);
  void record(std::size_t index, Told told);

  transport::Io& io_;
  const std::vector<Transfer> transfers_;
  const std::string run_;  // makes the idempotency keys of this run its own
  std::unique_ptr<transport::HttpClient> client_;
  // Io thread only.
  std::size_t next_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // timers outlive us

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Told> told_;
  std::uint32_t done_ = 0;
  std::uint64_t repeats_ = 0;
  std::string broken_;
  std::chrono::steady_clock::time_point begun_;
  std::chrono::steady_clock::time_point ended_;
};

}  // namespace troth::demo
