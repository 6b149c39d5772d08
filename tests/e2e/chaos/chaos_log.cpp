#include "tests/e2e/chaos/chaos_log.h"

#include <string>
#include <utility>

#include "tests/e2e/chaos/names.h"
#include "wal/superseding.h"

namespace troth::chaos {
namespace {

class ChaosSuperseding final : public wal::Superseding {
 public:
  ChaosSuperseding(std::unique_ptr<wal::Superseding> below, Points& points)
      : below_(std::move(below)), points_(points) {}

  Lsn cut() const override { return below_->cut(); }
  Read read(std::vector<wal::Row>& rows) override {
    points_.pass("compact.read");
    return below_->read(rows);
  }
  bool add(std::span<const wal::Record> rows) override {
    points_.pass("compact.add");
    const bool added = below_->add(rows);
    points_.pass("compact.added");
    return added;
  }
  bool finish(Lsn keys_upto) override {
    points_.pass("compact.finish");
    const bool finished = below_->finish(keys_upto);
    points_.pass("compact.finished");
    return finished;
  }

 private:
  const std::unique_ptr<wal::Superseding> below_;
  Points& points_;
};

}  // namespace

Lsn ChaosLog::append(std::span<const wal::Record> records) {
  for (const auto& record : records) points_.pass("append." + std::string(name_of_record(record.kind)));
  Lsn last = 0;
  {
    const std::lock_guard lock(mutex_);  // over the append: the writer must not be done with it before we know of it
    last = below_.append(records);
    appended_ = last;
    for (std::size_t i = 0; i < records.size(); ++i) {
      pending_.push_back({last - records.size() + 1 + i, name_of_record(records[i].kind)});
    }
  }
  for (const auto& record : records) points_.pass("appended." + std::string(name_of_record(record.kind)));
  return last;
}

void ChaosLog::on_progress(std::function<void()> callback) {
  below_.on_progress([this, callback = std::move(callback)] {
    pass_durable();
    callback();
  });
}

void ChaosLog::pass_durable() {
  const std::lock_guard lock(mutex_);
  const Lsn durable = below_.durable();
  while (!pending_.empty() && pending_.front().lsn <= durable) {
    points_.pass("durable." + std::string(pending_.front().record));
    pending_.pop_front();
  }
}

std::unique_ptr<wal::Superseding> ChaosLog::supersede() {
  points_.pass("compact.begin");
  return std::make_unique<ChaosSuperseding>(below_.supersede(), points_);
}

void ChaosLog::stop() {
  points_.enter("stop");
  below_.stop();
}

}  // namespace troth::chaos
