#include "proto/values/ids.h"

#include <algorithm>
#include <charconv>

namespace troth {
namespace {

constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";  // Crockford, lower case
constexpr std::size_t kLogIdChars = 13;                                     // 65 bits: the first character carries 4
constexpr std::size_t kNonceChars = 7;                                      // 35 bits: the first character carries 2

std::string base32(std::uint64_t value, std::size_t chars) {
  std::string text(chars, '0');
  for (std::size_t i = chars; i-- > 0; value >>= 5) text[i] = kAlphabet[value & 31];
  return text;
}

std::optional<std::uint64_t> parse_base32(std::string_view text, std::size_t chars, char max_first) {
  if (text.size() != chars || text[0] > max_first) return std::nullopt;
  std::uint64_t value = 0;
  for (char c : text) {
    const auto digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    value = value << 5 | digit;
  }
  return value;
}

std::optional<std::uint64_t> parse_decimal(std::string_view text, std::uint64_t max) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > max) return std::nullopt;
  return value;
}

/// Takes the part before the next `separator` off `rest`.
std::optional<std::string_view> take_part(std::string_view& rest, char separator) {
  const auto at = rest.find(separator);
  if (at == std::string_view::npos) return std::nullopt;
  const auto part = rest.substr(0, at);
  rest.remove_prefix(at + 1);
  return part;
}

void put_big_endian(std::string& bytes, std::uint64_t value, int count) {
  for (int i = count - 1; i >= 0; --i) bytes.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

std::uint64_t take_big_endian(std::string_view& bytes, int count) {
  std::uint64_t value = 0;
  for (int i = 0; i < count; ++i) value = value << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
  bytes.remove_prefix(static_cast<std::size_t>(count));
  return value;
}

bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

std::size_t mix(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebULL;
  return static_cast<std::size_t>(x ^ x >> 31);
}

/// How many bytes the UTF-8 character at the front of `text` has; 0 when it is not well formed or a control character.
std::size_t printable_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  std::uint32_t point = first & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    point = point << 6 | (byte(i) & 0x3f);
  }
  const std::uint32_t least = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000;
  const bool surrogate = point >= 0xd800 && point <= 0xdfff;
  const bool control = point < 0xa0;
  return point < least || point > 0x10ffff || surrogate || control ? 0 : length;
}

}  // namespace

std::string to_text(LogId id) {
  return base32(id.value, kLogIdChars);
}

std::string nonce_to_text(std::uint32_t nonce) {
  return base32(nonce, kNonceChars);
}

std::string to_text(const TransactionId& id) {
  std::string text = to_text(id.log);
  text += '-' + std::to_string(id.shard) + '-' + std::to_string(id.epoch.epoch) + '-';
  text += nonce_to_text(id.epoch.nonce) + '-' + std::to_string(id.sequence);
  return text;
}

std::string to_text(const BranchId& id) {
  return to_text(id.transaction) + '.' + std::to_string(id.n);
}

std::optional<LogId> parse_log_id(std::string_view text) {
  const auto value = parse_base32(text, kLogIdChars, 'f');
  return value ? std::optional(LogId{*value}) : std::nullopt;
}

std::optional<TransactionId> parse_transaction_id(std::string_view text) {
  const auto log = take_part(text, '-');
  const auto shard = take_part(text, '-');
  const auto epoch = take_part(text, '-');
  const auto nonce = take_part(text, '-');
  if (!log || !shard || !epoch || !nonce) return std::nullopt;
  const auto log_value = parse_log_id(*log);
  const auto shard_value = parse_decimal(*shard, 0xffff);
  const auto epoch_value = parse_decimal(*epoch, 0xffff'ffff);
  const auto nonce_value = parse_base32(*nonce, kNonceChars, '3');
  const auto sequence = parse_decimal(text, kMaxSequence);
  const bool complete = log_value && shard_value && epoch_value && nonce_value && sequence;
  if (!complete || *sequence == 0) return std::nullopt;  // sequences are given from 1
  return TransactionId{*log_value,
                       static_cast<std::uint16_t>(*shard_value),
                       {static_cast<std::uint32_t>(*epoch_value), static_cast<std::uint32_t>(*nonce_value)},
                       *sequence};
}

std::optional<BranchId> parse_branch_id(std::string_view text) {
  const auto transaction = take_part(text, '.');
  if (!transaction) return std::nullopt;
  const auto id = parse_transaction_id(*transaction);
  const auto n = parse_decimal(text, 0xffff'ffff);
  if (!id || !n || *n == 0) return std::nullopt;
  return BranchId{*id, static_cast<std::uint32_t>(*n)};
}

std::string to_bytes(const TransactionId& id) {
  std::string bytes;
  bytes.reserve(kTransactionIdBytes);
  put_big_endian(bytes, id.log.value, 8);
  put_big_endian(bytes, id.shard, 2);
  put_big_endian(bytes, id.epoch.epoch, 4);
  put_big_endian(bytes, id.epoch.nonce, 4);
  put_big_endian(bytes, id.sequence, 6);
  return bytes;
}

std::optional<TransactionId> transaction_id_from_bytes(std::string_view bytes) {
  if (bytes.size() != kTransactionIdBytes) return std::nullopt;
  TransactionId id;
  id.log.value = take_big_endian(bytes, 8);
  id.shard = static_cast<std::uint16_t>(take_big_endian(bytes, 2));
  id.epoch.epoch = static_cast<std::uint32_t>(take_big_endian(bytes, 4));
  id.epoch.nonce = static_cast<std::uint32_t>(take_big_endian(bytes, 4));
  id.sequence = take_big_endian(bytes, 6);
  return id;
}

std::string gid_of(const BranchId& id) {
  return "troth:" + to_text(id.transaction) + ':' + std::to_string(id.n);
}

std::optional<BranchId> parse_gid(std::string_view text) {
  constexpr std::string_view kPrefix = "troth:";
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  const auto transaction = take_part(text, ':');
  if (!transaction) return std::nullopt;
  return parse_branch_id(std::string(*transaction) + '.' + std::string(text));
}

bool is_participant_name(std::string_view text) {
  if (text.empty() || text.size() > 63 || !is_name_start(text[0])) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_name_start(c) || c == '.' || c == '_' || c == '-'; });
}

bool is_label(std::string_view text) {
  std::size_t characters = 0;
  while (!text.empty()) {
    const auto length = printable_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
    ++characters;
  }
  return characters >= 1 && characters <= 64;
}

bool is_idempotency_key(std::string_view text) {
  return !text.empty() && text.size() <= 128 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

std::size_t IdHash::operator()(const TransactionId& id) const noexcept {
  return mix(id.sequence ^ static_cast<std::uint64_t>(id.epoch.epoch) << 48 ^ id.epoch.nonce);
}

std::size_t IdHash::operator()(const BranchId& id) const noexcept {
  return mix((*this)(id.transaction) + id.n);
}

}  // namespace troth
