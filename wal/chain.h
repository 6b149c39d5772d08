// wal/chain.h: the check chain. Each record's chain value is a hash over the one before it and the record, so one value
// proves content and order of everything up to it. XXH3 finds damage; it does not resist a forger.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/values/ids.h"

namespace troth::wal {

/// XXH3-128 in its canonical (big-endian) form.
using Chain = std::array<unsigned char, 16>;

/// The value before the first record of a log: bound to the log id, so that records of another log never fit.
Chain first_chain(LogId log_id);

/// The value after a record: XXH3-128 of before ‖ lsn (8) ‖ kind (2) ‖ length of key (4) ‖ key ‖ body, integers
/// big-endian.
Chain next_chain(const Chain& before, Lsn lsn, std::uint16_t kind, std::string_view key, std::string_view body);

/// The value before the first row of a set: bound to the log and to what the set speaks for.
Chain first_chain_of_set(LogId log_id, Lsn cut);

/// What proves one row of `kept`.
Chain proof_of_kept(LogId log_id, Lsn lsn, std::uint16_t kind, std::string_view key, std::string_view body);
/// Both as one number of 128 bits; what does not fit falls off, so that what was added can be taken away again.
Chain plus(const Chain& sum, const Chain& proof);
Chain minus(const Chain& sum, const Chain& proof);

/// XXH3-128 of plain bytes: the check of `meta` and of a head slot.
Chain hash_of(std::string_view bytes);

std::string_view bytes_of(const Chain& chain);
std::optional<Chain> chain_from_bytes(std::string_view bytes);

/// 32 lower-case hexadecimal digits.
std::string to_hex(const Chain& chain);
std::optional<Chain> chain_from_hex(std::string_view text);

/// Unsigned big-endian, the order of every integer in our byte formats.
void append_big_endian(std::string& to, std::uint64_t value, int bytes);
std::uint64_t read_big_endian(std::string_view bytes);

}  // namespace troth::wal
