#include "recovery/commits.h"

#include <algorithm>
#include <bit>

namespace troth::recovery {

namespace {

constexpr std::uint64_t kWordBits = 64;

}  // namespace

void Commits::add(EpochId epoch, std::uint64_t sequence) {
  if (sequence > kMaxSequence) return;
  const std::uint64_t word = sequence / kWordBits;
  std::uint64_t& bits = by_epoch_[epoch].try_emplace(word / kChunkWords, Chunk{}).first->second[word % kChunkWords];
  const std::uint64_t bit = std::uint64_t{1} << (sequence % kWordBits);
  if ((bits & bit) == 0) ++count_;
  bits |= bit;
}

void Commits::add_bits(const fact::CommitBits& bits) {
  for (std::size_t i = 0; i < bits.bits.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bits.bits[i]);
    if (byte == 0 || bits.first > kMaxSequence) continue;
    for (unsigned bit = 0; bit < 8; ++bit) {
      if ((byte >> bit) & 1U) add(bits.epoch, bits.first + i * 8 + bit);
    }
  }
}

bool Commits::contains(EpochId epoch, std::uint64_t sequence) const {
  const auto chunks = by_epoch_.find(epoch);
  if (chunks == by_epoch_.end()) return false;
  const std::uint64_t word = sequence / kWordBits;
  const auto chunk = chunks->second.find(word / kChunkWords);
  if (chunk == chunks->second.end()) return false;
  return ((chunk->second[word % kChunkWords] >> (sequence % kWordBits)) & 1U) != 0;
}

/// Clears the first `bits` bits of a chunk; returns how many of them were set.
std::uint64_t Commits::clear_below(Chunk& chunk, std::uint64_t bits) {
  std::uint64_t cleared = 0;
  for (std::uint64_t word = 0; word < kChunkWords && word * kWordBits < bits; ++word) {
    const std::uint64_t left = bits - word * kWordBits;
    const std::uint64_t mask = left >= kWordBits ? ~std::uint64_t{0} : (std::uint64_t{1} << left) - 1;
    cleared += static_cast<std::uint64_t>(std::popcount(chunk[word] & mask));
    chunk[word] &= ~mask;
  }
  return cleared;
}

void Commits::drop_all(Chunks& chunks) {
  for (auto& [index, chunk] : chunks) count_ -= clear_below(chunk, kChunkBits);
  chunks.clear();
}

void Commits::drop_before(const TransactionId& horizon, const std::function<bool(EpochId)>& is_kept) {
  for (auto epoch = by_epoch_.begin(); epoch != by_epoch_.end() && epoch->first < horizon.epoch;) {
    if (is_kept(epoch->first)) {
      ++epoch;
    } else {
      drop_all(epoch->second);
      epoch = by_epoch_.erase(epoch);
    }
  }
  const auto chunks = by_epoch_.find(horizon.epoch);
  if (chunks == by_epoch_.end() || is_kept(horizon.epoch)) return;
  const std::uint64_t first_kept = horizon.sequence / kChunkBits;
  auto chunk = chunks->second.begin();
  for (; chunk != chunks->second.end() && chunk->first < first_kept; chunk = chunks->second.erase(chunk)) {
    count_ -= clear_below(chunk->second, kChunkBits);
  }
  if (chunk != chunks->second.end() && chunk->first == first_kept) {
    count_ -= clear_below(chunk->second, horizon.sequence % kChunkBits);
  }
}

/// The first byte at or after `from` in which a bit is set.
std::optional<std::uint64_t> Commits::find_byte(const Chunks& chunks, std::uint64_t from) {
  for (auto chunk = chunks.lower_bound(from / kChunkBytes); chunk != chunks.end(); ++chunk) {
    const std::uint64_t first = chunk->first * kChunkBytes;
    std::uint64_t byte = std::max(from, first) - first;
    for (; byte < kChunkBytes; byte = (byte / 8 + 1) * 8) {
      const std::uint64_t rest = chunk->second[byte / 8] >> (8 * (byte % 8));
      if (rest != 0) return first + byte + static_cast<std::uint64_t>(std::countr_zero(rest)) / 8;
    }
  }
  return std::nullopt;
}

std::optional<fact::CommitBits> Commits::next_bits(Position& at) const {
  constexpr std::uint64_t kWorthARecord = 64;  // zeros between that would cost more than another record
  constexpr std::uint64_t kRecordBytes = 32'768;
  for (auto chunks = by_epoch_.lower_bound(at.epoch); chunks != by_epoch_.end(); ++chunks) {
    if (chunks->first != at.epoch) at = {chunks->first, 0};
    auto byte = find_byte(chunks->second, at.byte);
    if (!byte) continue;
    const std::uint64_t first = at.byte = *byte;
    fact::CommitBits bits{at.epoch, first * 8, {}};
    while (byte && *byte - at.byte < kWorthARecord && *byte - first < kRecordBytes) {
      const Chunk& chunk = chunks->second.at(*byte / kChunkBytes);
      const std::uint64_t in_chunk = *byte % kChunkBytes;
      bits.bits.resize(*byte - first, '\0');
      bits.bits.push_back(static_cast<char>(chunk[in_chunk / 8] >> (8 * (in_chunk % 8))));
      at.byte = *byte + 1;
      byte = find_byte(chunks->second, at.byte);
    }
    return bits;
  }
  return std::nullopt;
}

std::optional<Commits::Sequence> Commits::begin_of_newest(std::uint64_t count) const {
  if (count_ <= count) return std::nullopt;
  std::uint64_t older = count_ - count;
  for (const auto& [epoch, chunks] : by_epoch_) {
    for (const auto& [index, chunk] : chunks) {
      for (std::uint64_t word = 0; word < kChunkWords; ++word) {
        const auto set = static_cast<std::uint64_t>(std::popcount(chunk[word]));
        if (set < older) {
          older -= set;
          continue;
        }
        std::uint64_t rest = chunk[word];
        while (--older != 0) rest &= rest - 1;  // takes away the lowest bit
        const auto last = static_cast<std::uint64_t>(std::countr_zero(rest));
        return Sequence{epoch, index * kChunkBits + word * kWordBits + last + 1};
      }
    }
  }
  return std::nullopt;
}

}  // namespace troth::recovery
