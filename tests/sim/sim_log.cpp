#include "tests/sim/sim_log.h"

#include <algorithm>
#include <stdexcept>

#include "recovery/gap.h"
#include "recovery/rebuild.h"
#include "wal/superseding.h"

namespace troth::sim {

Lsn SimLog::append(std::span<const wal::Record> records) {
  for (const wal::Record& record : records) {
    queue_.push_back(record);
    urgent_ |= record.forced;
  }
  next_ += records.size();
  return next_ - 1;
}

void SimLog::find(std::string key, std::uint64_t token) {
  asked_.emplace_back(std::move(key), token);
}

bool SimLog::write_batch() {
  auto& records = storage_.records_;
  if (storage_.sync_fails_) {
    // Some of it was written before the sync failed; its pages are marked clean and never reach the disk by themselves.
    const std::size_t written = queue_.empty() ? 0 : storage_.sync_chance_ % (queue_.size() + 1);
    records.insert(records.end(), queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(written));
    storage_.sync_fails_ = false;
    return false;
  }
  records.insert(records.end(), std::make_move_iterator(queue_.begin()), std::make_move_iterator(queue_.end()));
  queue_.clear();
  urgent_ = false;
  storage_.durable_ = records.size();
  durable_ = storage_.end();
  for (const auto& [key, token] : asked_) found_.push_back(look_up(key, token));
  asked_.clear();
  return true;
}

wal::Found SimLog::look_up(const std::string& key, std::uint64_t token) const {
  wal::Found found;
  found.token = token;
  const auto& records = storage_.records_;
  for (std::size_t i = records.size(); i-- > 0;) {
    if (records[i].key != key) continue;
    found.present = true;
    found.lsn = storage_.base_ + i + 1;
    found.kind = records[i].kind;
    found.body = records[i].body;
    return found;
  }
  for (auto kept = storage_.kept_.rbegin(); kept != storage_.kept_.rend(); ++kept) {
    if (kept->second.key != key) continue;
    found.present = true;
    found.lsn = kept->first;
    found.kind = kept->second.kind;
    found.body = kept->second.body;
    return found;
  }
  return found;
}

/// One compaction. The new set is on its way until `finish`: a crash before loses it, and nothing else.
class SimSuperseding final : public wal::Superseding {
 public:
  explicit SimSuperseding(SimStorage& storage) : storage_(storage), cut_(storage.base_ + storage.durable_) {}
  Lsn cut() const override { return cut_; }
  Read read(std::vector<wal::Row>& rows) override {
    constexpr std::size_t kRowsAtOnce = 16;
    rows.clear();
    while (rows.size() < kRowsAtOnce && next_set_row_ < storage_.set_.size()) {
      const wal::Record& row = storage_.set_[next_set_row_++];
      rows.push_back({0, row.kind, row.body});
    }
    while (rows.size() < kRowsAtOnce && read_upto_ < cut_) {
      const wal::Record& row = storage_.records_[read_upto_ - storage_.base_];
      rows.push_back({++read_upto_, row.kind, row.body});
    }
    return rows.empty() ? Read::kDone : Read::kMore;
  }
  bool add(std::span<const wal::Record> rows) override {
    set_.insert(set_.end(), rows.begin(), rows.end());
    return true;
  }
  bool finish(Lsn keys_upto) override {
    storage_.supersede(std::move(set_), cut_, keys_upto);
    return true;
  }

 private:
  SimStorage& storage_;
  const Lsn cut_;
  std::size_t next_set_row_ = 0;
  Lsn read_upto_ = storage_.base_;
  std::vector<wal::Record> set_;
};

std::unique_ptr<wal::Superseding> SimLog::supersede() {
  return std::make_unique<SimSuperseding>(storage_);
}

void SimLog::stop() {
  if (!write_batch()) throw std::runtime_error("the last batch could not be written");
  storage_.running_ = false;
}

std::variant<Storage::Opened, wal::OpenError> SimStorage::open(wal::Replayer& replayer) {
  if (old_copy_) return wal::OpenError{wal::kExitDamaged, "an old copy: run `trothctl log restore`"};
  const std::string why = replay(replayer);
  if (!why.empty()) return wal::OpenError{wal::kExitDamaged, why};
  Opened opened;
  if (std::exchange(running_, true)) rebuild(replayer);
  opened.log_id = log_;
  opened.last_lsn = end();
  opened.log = std::make_unique<SimLog>(*this);
  return opened;
}

std::string SimStorage::replay(wal::Replayer& replayer) const {
  for (const wal::Record& row : set_) {
    if (auto why = replayer.see({0, row.kind, row.body}); !why.empty()) return why;
  }
  for (std::size_t i = 0; i < records_.size(); ++i) {
    if (auto why = replayer.see({base_ + i + 1, records_[i].kind, records_[i].body}); !why.empty()) return why;
  }
  return {};
}

/// As wal/open.cpp: what was read may lie in the page cache only, so it goes into a new generation, synced, before
/// anybody is answered. CURRENT is switched in one step, so a crash within leaves the old one or the new one.
void SimStorage::rebuild(wal::Replayer& replayer) {
  std::vector<wal::Record> set;
  const Lsn keys_upto = replayer.rebuilt(end(), [&](const wal::Record& row) { set.push_back(row); });
  durable_ = records_.size();
  supersede(std::move(set), end(), keys_upto);
  replayer.reset();
  replay(replayer);
}

void SimStorage::supersede(std::vector<wal::Record> set, Lsn cut, Lsn keys_upto) {
  set_ = std::move(set);
  const auto end = records_.begin() + static_cast<std::ptrdiff_t>(cut - base_);
  for (auto record = records_.begin(); record != end; ++record) {
    ++base_;
    if (!record->key.empty()) kept_.emplace_back(base_, std::move(*record));
  }
  durable_ -= static_cast<std::size_t>(end - records_.begin());
  records_.erase(records_.begin(), end);
  std::erase_if(kept_, [keys_upto](const auto& kept) { return kept.first <= keys_upto; });
}

void SimStorage::fall(Fall how, std::uint64_t chance) {
  if (how == Fall::kKill) return;
  // The chain ends at the first record that was torn or lost, so what survives is a prefix.
  const std::size_t unsynced = records_.size() - durable_;
  records_.resize(durable_ + chance % (unsynced + 1));
  durable_ = records_.size();
}

void SimStorage::fail_next_sync(std::uint64_t chance) {
  sync_fails_ = true;
  sync_chance_ = chance;
}

std::unique_ptr<Storage> SimStorage::copy() const {
  auto copy = std::make_unique<SimStorage>(*this);
  copy->durable_ = copy->records_.size();
  copy->sync_fails_ = false;
  return copy;
}

/// As the operator's tool does it: what the log says, a gap over all that it may have said since, and numbers above it.
void SimStorage::restore_above(EpochId epoch, Lsn lsn) {
  recovery::Replay replay;
  replay.known().log = log_;
  for (const auto& row : set_) replay.see({0, row.kind, row.body});
  for (std::size_t i = 0; i < records_.size(); ++i) replay.see({base_ + i + 1, records_[i].kind, records_[i].body});
  recovery::open_gap(replay.known(), recovery::last_epoch(replay.known()), epoch.epoch, 0);
  std::vector<wal::Record> set;
  replay.rebuilt(end(), 0, [&set](const wal::Record& row) { set.push_back(row); });
  supersede(std::move(set), end(), 0);
  base_ = std::max(base_, lsn);
  running_ = old_copy_ = false;
}

}  // namespace troth::sim
