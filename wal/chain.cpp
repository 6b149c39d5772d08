#include "wal/chain.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstring>

namespace troth::wal {
namespace {

Chain canonical(XXH128_hash_t hash) {
  XXH128_canonical_t bytes;
  XXH128_canonicalFromHash(&bytes, hash);
  Chain chain;
  std::copy(std::begin(bytes.digest), std::end(bytes.digest), chain.begin());
  return chain;
}

int digit_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

}  // namespace

Chain hash_of(std::string_view bytes) {
  return canonical(XXH3_128bits(bytes.data(), bytes.size()));
}

Chain first_chain(LogId log_id) {
  std::string bytes = "troth log ";
  append_big_endian(bytes, log_id.value, 8);
  return hash_of(bytes);
}

Chain next_chain(const Chain& before, Lsn lsn, std::uint16_t kind, std::string_view key, std::string_view body) {
  // One contiguous buffer hashes faster than a stream for records of this size; the thread's own keeps its memory.
  thread_local std::string bytes;
  bytes.assign(bytes_of(before));
  append_big_endian(bytes, lsn, 8);
  append_big_endian(bytes, kind, 2);
  append_big_endian(bytes, key.size(), 4);
  bytes.append(key);
  bytes.append(body);
  return hash_of(bytes);
}

Chain first_chain_of_set(LogId log_id, Lsn cut) {
  std::string bytes = "troth set ";
  append_big_endian(bytes, log_id.value, 8);
  append_big_endian(bytes, cut, 8);
  return hash_of(bytes);
}

Chain proof_of_kept(LogId log_id, Lsn lsn, std::uint16_t kind, std::string_view key, std::string_view body) {
  return next_chain(first_chain(log_id), lsn, kind, key, body);
}

Chain plus(const Chain& sum, const Chain& proof) {
  Chain result;
  unsigned carry = 0;
  for (std::size_t i = sum.size(); i-- > 0; carry >>= 8) {
    carry += unsigned{sum[i]} + proof[i];
    result[i] = static_cast<unsigned char>(carry & 0xff);
  }
  return result;
}

Chain minus(const Chain& sum, const Chain& proof) {
  Chain result;
  unsigned borrow = 0;
  for (std::size_t i = sum.size(); i-- > 0;) {
    const unsigned taken = proof[i] + borrow;
    borrow = sum[i] < taken ? 1 : 0;
    result[i] = static_cast<unsigned char>((sum[i] - taken) & 0xff);
  }
  return result;
}

std::string_view bytes_of(const Chain& chain) {
  return {reinterpret_cast<const char*>(chain.data()), chain.size()};
}

std::optional<Chain> chain_from_bytes(std::string_view bytes) {
  Chain chain;
  if (bytes.size() != chain.size()) return std::nullopt;
  std::memcpy(chain.data(), bytes.data(), chain.size());
  return chain;
}

std::string to_hex(const Chain& chain) {
  std::string text;
  for (const unsigned char byte : chain) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

std::optional<Chain> chain_from_hex(std::string_view text) {
  Chain chain;
  if (text.size() != 2 * chain.size()) return std::nullopt;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const int high = digit_value(text[2 * i]);
    const int low = digit_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    chain[i] = static_cast<unsigned char>(high << 4 | low);
  }
  return chain;
}

void append_big_endian(std::string& to, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) to += static_cast<char>(value >> shift & 0xff);
}

std::uint64_t read_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

}  // namespace troth::wal
