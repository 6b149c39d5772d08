#include "participant-sdk/adapters/sqlite_forget.h"

#include <algorithm>

namespace troth::sqlite {
namespace {

constexpr std::size_t kForgetAtOnce = 1'000;
constexpr int kSweepAtOnce = 1'000;
// While nothing can be written, more are not remembered: their markers go below the horizon all the same.
constexpr std::size_t kMostEnded = 100'000;

}  // namespace

bool Forgetting::add(const std::vector<BranchId>& ended, const TransactionId& horizon) {
  const std::lock_guard lock(mutex_);
  const std::size_t room = kMostEnded - std::min(ended_.size(), kMostEnded);
  ended_.insert(ended_.end(), ended.begin(), ended.begin() + static_cast<std::ptrdiff_t>(std::min(room, ended.size())));
  bool news = !ended_.empty();
  if (horizon.sequence != 0) {
    Stream& stream = streams_[stream_of(horizon)];
    news |= stream.told < horizon;
    stream.told = std::max(stream.told, horizon);
  }
  return news;
}

bool Forgetting::some(Batch& batch) {
  const std::lock_guard lock(mutex_);
  const std::size_t count = std::min(ended_.size(), kForgetAtOnce);
  for (std::size_t i = 0; i < count; ++i) branches_.store().drop_marker(ended_[i]);
  batch.when_durable.push_back([this, count] {
    const std::lock_guard again(mutex_);
    ended_.erase(ended_.begin(), ended_.begin() + static_cast<std::ptrdiff_t>(count));
  });
  bool more = ended_.size() > count;
  for (auto& [name, stream] : streams_) {
    more |= sweep(stream, batch);
    more |= advance(stream, batch);
  }
  return more;
}

/// Makes the horizon durable. Only then, in a later transaction, may what is below it go.
bool Forgetting::advance(Stream& stream, Batch& batch) {
  if (stream.durable == stream.told) return false;
  branches_.store().set_horizon(stream.told);
  batch.when_durable.push_back([this, &stream, now = stream.told] {
    const std::lock_guard again(mutex_);
    stream.durable = now;
    stream.swept = false;
    branches_.forget_lost(now);
  });
  return true;
}

bool Forgetting::sweep(Stream& stream, Batch& batch) {
  if (stream.swept) return false;
  if (branches_.store().sweep(*stream.durable, kSweepAtOnce) == kSweepAtOnce) return true;
  batch.when_durable.push_back([this, &stream] {
    const std::lock_guard again(mutex_);
    stream.swept = true;
  });
  return false;
}

}  // namespace troth::sqlite
