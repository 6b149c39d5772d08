#include <bit>

#include "recovery/known.h"

namespace troth::recovery {

namespace {

constexpr std::uint64_t kWordBits = 64;
/// A restated bitmap record holds at most this many bytes: well below the 64 KiB a record may have.
constexpr std::size_t kRecordBytes = 32'768;

/// Adds `byte` at the byte position `at` to the last of `facts`, or begins another when that one is of another epoch,
/// full, or so far away that zeros between would cost more than a record.
void append_byte(std::vector<fact::CommitBits>& facts, EpochId epoch, std::uint64_t at, unsigned char byte) {
  constexpr std::uint64_t kWorthARecord = 64;
  if (!facts.empty() && facts.back().epoch == epoch) {
    auto& last = facts.back();
    const std::uint64_t gap = at - (last.first / 8 + last.bits.size());
    if (gap < kWorthARecord && last.bits.size() + gap < kRecordBytes) {
      last.bits.append(gap, '\0');
      last.bits.push_back(static_cast<char>(byte));
      return;
    }
  }
  facts.push_back({epoch, at * 8, std::string(1, static_cast<char>(byte))});
}

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

void Commits::remove(EpochId epoch, std::uint64_t sequence) {
  const auto chunks = by_epoch_.find(epoch);
  if (chunks == by_epoch_.end()) return;
  const std::uint64_t word = sequence / kWordBits;
  const auto chunk = chunks->second.find(word / kChunkWords);
  if (chunk == chunks->second.end()) return;
  std::uint64_t& bits = chunk->second[word % kChunkWords];
  const std::uint64_t bit = std::uint64_t{1} << (sequence % kWordBits);
  if ((bits & bit) != 0) --count_;
  bits &= ~bit;
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

void Commits::drop_before(const TransactionId& horizon) {
  constexpr std::uint64_t kChunkBits = kChunkWords * kWordBits;
  while (!by_epoch_.empty() && by_epoch_.begin()->first < horizon.epoch) {
    for (auto& [index, chunk] : by_epoch_.begin()->second) count_ -= clear_below(chunk, kChunkBits);
    by_epoch_.erase(by_epoch_.begin());
  }
  const auto chunks = by_epoch_.find(horizon.epoch);
  if (chunks == by_epoch_.end()) return;
  const std::uint64_t first_kept = horizon.sequence / kChunkBits;
  auto chunk = chunks->second.begin();
  for (; chunk != chunks->second.end() && chunk->first < first_kept; chunk = chunks->second.erase(chunk)) {
    count_ -= clear_below(chunk->second, kChunkBits);
  }
  if (chunk != chunks->second.end() && chunk->first == first_kept) {
    count_ -= clear_below(chunk->second, horizon.sequence % kChunkBits);
  }
}

std::vector<fact::CommitBits> Commits::to_facts() const {
  std::vector<fact::CommitBits> facts;
  for (const auto& [epoch, chunks] : by_epoch_) {
    for (const auto& [index, chunk] : chunks) {
      for (std::uint64_t word = 0; word < kChunkWords; ++word) {
        if (chunk[word] == 0) continue;
        const std::uint64_t first_byte = (index * kChunkWords + word) * 8;
        for (unsigned byte = 0; byte < 8; ++byte) {
          const auto value = static_cast<unsigned char>(chunk[word] >> (byte * 8));
          if (value != 0) append_byte(facts, epoch, first_byte + byte, value);
        }
      }
    }
  }
  return facts;
}

}  // namespace troth::recovery
