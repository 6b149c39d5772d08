// proto/values/ids.h: the names of things that outlive a process. Plain values; parse rejects everything that is not
// exactly the form of api.md ("Common"), so an id that parsed once can be trusted to be well formed everywhere.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace troth {

/// Position of a record in a log. Dense, starts at 1; 0 means "none".
using Lsn = std::uint64_t;

/// Milliseconds. As a point in time: since the Unix epoch (UTC) when the name ends in `_at`, on a clock that never
/// goes back (CLOCK_BOOTTIME) when it ends in `_due`.
using Millis = std::int64_t;

/// Which log: 64 random bits, made once when the log is made.
struct LogId {
  std::uint64_t value = 0;
  auto operator<=>(const LogId&) const = default;
};

/// Which start of the log's owner: `epoch` grows by one at every start, `nonce` is 32 random bits drawn then, so two
/// copies of one log never make the same id.
struct EpochId {
  std::uint32_t epoch = 0;
  std::uint32_t nonce = 0;
  auto operator<=>(const EpochId&) const = default;
};

/// A global transaction. Ordered by (log, shard, epoch, nonce, sequence): within one log that is the order of begin.
struct TransactionId {
  LogId log;
  std::uint16_t shard = 0;
  EpochId epoch;
  std::uint64_t sequence = 0;  // 48 bits, from 1
  auto operator<=>(const TransactionId&) const = default;
};

/// One participant's part of one transaction; `n` counts from 1.
struct BranchId {
  TransactionId transaction;
  std::uint32_t n = 0;
  auto operator<=>(const BranchId&) const = default;
};

inline constexpr std::uint64_t kMaxSequence = (std::uint64_t{1} << 48) - 1;
inline constexpr std::size_t kTransactionIdBytes = 24;  // 8 log + 2 shard + 4 epoch + 4 nonce + 6 sequence, big-endian

// The SDK's public headers use these, and its shared library is built with everything else hidden.
#pragma GCC visibility push(default)

/// Text forms: log id 13 and nonce 7 characters of lower-case Crockford base32, the rest decimal:
/// `07q2m9xw4e3ta-0-3-1fk2mzq-118204`, a branch `<transaction>.<n>`.
std::string to_text(LogId id);
std::string to_text(const TransactionId& id);
std::string to_text(const BranchId& id);
std::string nonce_to_text(std::uint32_t nonce);

std::optional<LogId> parse_log_id(std::string_view text);
std::optional<TransactionId> parse_transaction_id(std::string_view text);
std::optional<BranchId> parse_branch_id(std::string_view text);

/// The binary form, for records, frames and database keys.
std::string to_bytes(const TransactionId& id);
std::optional<TransactionId> transaction_id_from_bytes(std::string_view bytes);

/// The global transaction identifier a database stores for a prepared branch: `troth:<transaction>:<n>`.
std::string gid_of(const BranchId& id);
std::optional<BranchId> parse_gid(std::string_view text);

/// `[a-z0-9][a-z0-9._-]{0,62}`
bool is_participant_name(std::string_view text);
/// 1 to 64 printable characters (UTF-8; no control characters).
bool is_label(std::string_view text);
/// 1 to 128 printable ASCII characters.
bool is_idempotency_key(std::string_view text);

struct IdHash {
  std::size_t operator()(const TransactionId& id) const noexcept;
  std::size_t operator()(const BranchId& id) const noexcept;
};

#pragma GCC visibility pop

}  // namespace troth
