// tests/recovery/memory_log.h: a log in memory that keeps the promises of wal/log.h and wal/superseding.h, and no more:
// dense LSNs, a set that counts only once it is finished, keys that stay findable behind the cut.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "recovery/rebuild.h"
#include "wal/superseding.h"

namespace troth::recovery::testing {

class MemoryLog {
 public:
  void append(const std::vector<Fact>& facts) {
    for (const auto& fact : facts) append(to_record(fact));
  }
  void append(wal::Record record) { records_.push_back({last() + 1, std::move(record)}); }
  Lsn last() const { return base_ + records_.size(); }
  Lsn cut() const { return cut_; }
  const std::vector<wal::Row>& set() const { return set_; }

  /// What a start reads: the set, then the records after its cut.
  std::string replay(Replay& replay) const {
    std::string why;
    for (const auto& row : set_) why += replay.see({0, row.kind, row.body});
    for (const auto& [lsn, record] : records_) {
      if (lsn > cut_) why += replay.see({lsn, record.kind, record.body});
    }
    return why;
  }

  /// The newest record with `key`; LSN 0: there is none.
  wal::Row find(const std::string& key) const {
    for (auto it = records_.rbegin(); it != records_.rend(); ++it) {
      if (it->second.key == key) return {it->first, it->second.kind, it->second.body};
    }
    for (auto it = kept_.rbegin(); it != kept_.rend(); ++it) {
      if (it->second.key == key) return {it->first, it->second.kind, it->second.body};
    }
    return {};
  }

  /// Reads at most `piece` rows at a time.
  std::unique_ptr<wal::Superseding> supersede(std::size_t piece = 7) {
    return std::make_unique<Compacting>(*this, piece);
  }

  /// A start after an unclean stop: the set is made anew of everything.
  void rebuild() {
    Replay replay;
    replay_or_die(replay);
    set_.clear();
    replay.rebuilt(last(), 0, [this](const wal::Record& row) { set_.push_back({0, row.kind, row.body}); });
    supersede_up_to(last(), 0);
  }

 private:
  class Compacting : public wal::Superseding {
   public:
    Compacting(MemoryLog& log, std::size_t piece) : log_(log), piece_(piece), cut_(log.last()), old_(log.set_) {
      for (const auto& [lsn, record] : log.records_) {
        if (lsn > log.cut_) old_.push_back({lsn, record.kind, record.body});
      }
    }
    Lsn cut() const override { return cut_; }
    Read read(std::vector<wal::Row>& rows) override {
      rows.clear();
      for (; rows.size() < piece_ && at_ < old_.size(); ++at_) rows.push_back(old_[at_]);
      return at_ < old_.size() ? Read::kMore : Read::kDone;
    }
    bool add(std::span<const wal::Record> rows) override {
      for (const auto& row : rows) set_.push_back({0, row.kind, row.body});
      return true;
    }
    bool finish(Lsn keys_upto) override {
      log_.set_ = std::move(set_);
      log_.supersede_up_to(cut_, keys_upto);
      return true;
    }

   private:
    MemoryLog& log_;
    const std::size_t piece_;
    const Lsn cut_;
    std::vector<wal::Row> old_;
    std::size_t at_ = 0;
    std::vector<wal::Row> set_;
  };

  void replay_or_die(Replay& replay) const {
    if (!this->replay(replay).empty()) std::abort();
  }
  void supersede_up_to(Lsn cut, Lsn keys_upto) {
    cut_ = cut;
    std::size_t gone = 0;
    for (; gone < records_.size() && records_[gone].first <= cut; ++gone) {
      if (!records_[gone].second.key.empty()) kept_[records_[gone].first] = records_[gone].second;
    }
    records_.erase(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(gone));
    base_ += gone;
    kept_.erase(kept_.begin(), kept_.upper_bound(keys_upto));
  }

  std::vector<wal::Row> set_;
  Lsn cut_ = 0;
  Lsn base_ = 0;  // the LSN before the first record
  std::vector<std::pair<Lsn, wal::Record>> records_;
  std::map<Lsn, wal::Record> kept_;
};

}  // namespace troth::recovery::testing
