// recovery/commits.h: who committed, one bit per transaction: ids are dense per epoch, so that 100 million cost 12.5
// MB.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "proto/values/facts.h"

namespace troth::recovery {

/// A bitmap per (epoch, nonce), in chunks of 4 KiB, so that a stray sequence costs one chunk and never the memory up to
/// it.
class Commits {
 public:
  /// Sequences above kMaxSequence are not ids of ours and are ignored.
  void add(EpochId epoch, std::uint64_t sequence);
  void add_bits(const fact::CommitBits& bits);
  bool contains(EpochId epoch, std::uint64_t sequence) const;
  /// Epochs that `is_kept` names stay whole. Takes whole chunks at a time.
  void drop_before(const TransactionId& horizon, const std::function<bool(EpochId)>& is_kept);
  std::uint64_t count() const { return count_; }

  /// Where a walk over the bits stands.
  struct Position {
    EpochId epoch;
    std::uint64_t byte = 0;
  };
  /// The next bits at or after `at`, in order of id, as one record of less than 64 KiB; moves `at` behind them.
  std::optional<fact::CommitBits> next_bits(Position& at) const;

  struct Sequence {
    EpochId epoch;
    std::uint64_t sequence = 0;
  };
  /// Where the newest `count` commits begin: the older ones lie below it. None when there are no older ones.
  std::optional<Sequence> begin_of_newest(std::uint64_t count) const;

 private:
  static constexpr std::uint64_t kChunkWords = 512;
  static constexpr std::uint64_t kChunkBytes = kChunkWords * 8;
  static constexpr std::uint64_t kChunkBits = kChunkBytes * 8;
  using Chunk = std::array<std::uint64_t, kChunkWords>;
  using Chunks = std::map<std::uint64_t, Chunk>;  // by sequence / kChunkBits
  static std::uint64_t clear_below(Chunk& chunk, std::uint64_t bits);
  static std::optional<std::uint64_t> find_byte(const Chunks& chunks, std::uint64_t from);
  void drop_all(Chunks& chunks);

  std::map<EpochId, Chunks> by_epoch_;
  std::uint64_t count_ = 0;
};

}  // namespace troth::recovery
