// tests/e2e/chaos/chaos_log.h: points round a log: before and after an append, and when a record is durable but nobody
// has heard of it.
#pragma once

#include <atomic>
#include <deque>
#include <mutex>
#include <string_view>

#include "tests/e2e/chaos/points.h"
#include "wal/superseding.h"

namespace troth::chaos {

class ChaosLog final : public wal::Log {
 public:
  /// `lies`: says of everything appended that it is durable, which a test must notice.
  ChaosLog(wal::Log& below, Points& points, bool lies) : below_(below), points_(points), lies_(lies) {}

  Lsn append(std::span<const wal::Record> records) override;
  Lsn durable() const override { return lies_ ? appended_.load() : below_.durable(); }
  void find(std::string key, std::uint64_t token) override { below_.find(std::move(key), token); }
  std::vector<wal::Found> take_found() override { return below_.take_found(); }
  void on_progress(std::function<void()> callback) override;
  bool has_reserve() const override { return below_.has_reserve(); }
  std::unique_ptr<wal::Superseding> supersede() override;
  void stop() override;

 private:
  struct Pending {
    Lsn lsn;
    std::string_view record;
  };
  void pass_durable();

  wal::Log& below_;
  Points& points_;
  const bool lies_;
  std::atomic<Lsn> appended_ = 0;
  std::mutex mutex_;
  std::deque<Pending> pending_;  // not durable when last looked
};

}  // namespace troth::chaos
