// tests/engine/fake_log.h: a log whose durability the test decides. What is durable survives `Log`'s reopening as a
// list of records, what is not is lost by `crash`. A set may speak for the first of them.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "wal/superseding.h"

namespace troth::test {

class FakeLog : public wal::Log {
 public:
  Lsn append(std::span<const wal::Record> records) override {
    records_.insert(records_.end(), records.begin(), records.end());
    if (auto_durable) durable_ = records_.size();
    return records_.size();
  }
  Lsn durable() const override { return durable_; }
  void find(std::string key, std::uint64_t token) override { asked_.emplace_back(std::move(key), token); }
  /// Like the real one, an answer covers what was appended before the question, once that is durable.
  std::vector<wal::Found> take_found() override {
    std::vector<wal::Found> found;
    if (durable_ < records_.size()) return found;
    for (const auto& [key, token] : asked_) found.push_back(look_up(key, token));
    asked_.clear();
    return found;
  }
  void on_progress(std::function<void()>) override {}
  bool has_reserve() const override { return reserve; }
  /// The engine never shortens its log.
  std::unique_ptr<wal::Superseding> supersede() override { std::abort(); }
  void stop() override {}

  void sync() { durable_ = records_.size(); }
  void sync_to(Lsn lsn) { durable_ = lsn; }
  void crash() {
    records_.resize(durable_);
    asked_.clear();
  }
  /// `set` speaks for the records up to `cut` from now on; their keys stay findable.
  void supersede(std::vector<wal::Record> set, Lsn cut) {
    set_ = std::move(set);
    cut_ = cut;
  }
  const std::vector<wal::Record>& records() const { return records_; }
  const std::vector<wal::Record>& set() const { return set_; }
  Lsn cut() const { return cut_; }

  bool auto_durable = false;
  bool reserve = true;

 private:
  wal::Found look_up(const std::string& key, std::uint64_t token) const {
    wal::Found found;
    found.token = token;
    for (std::size_t i = 0; i < durable_; ++i) {
      if (records_[i].key != key) continue;
      found.present = true;
      found.lsn = i + 1;
      found.kind = records_[i].kind;
      found.body = records_[i].body;
    }
    return found;
  }

  std::vector<wal::Record> records_;
  std::vector<wal::Record> set_;
  Lsn cut_ = 0;
  Lsn durable_ = 0;
  std::vector<std::pair<std::string, std::uint64_t>> asked_;
};

}  // namespace troth::test
