#include "tests/e2e/chaos/chaos_log.h"

#include <string>
#include <utility>

#include "tests/e2e/chaos/names.h"

namespace troth::chaos {

Lsn ChaosLog::append(std::span<const wal::Record> records) {
  for (const auto& record : records) points_.pass("append." + std::string(name_of_record(record.kind)));
  Lsn last = 0;
  {
    const std::lock_guard lock(mutex_);  // over the append: the writer must not be done with it before we know of it
    last = below_.append(records);
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

void ChaosLog::stop() {
  points_.enter("stop");
  below_.stop();
}

}  // namespace troth::chaos
