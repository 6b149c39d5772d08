#include "proto/codec/wire_writer.h"

namespace troth::codec {
namespace {

char* put_big_endian(char* at, std::uint64_t value, int count) {
  for (int shift = 8 * (count - 1); shift >= 0; shift -= 8) *at++ = static_cast<char>(value >> shift & 0xff);
  return at;
}

}  // namespace

void WireWriter::fixed32(std::uint32_t number, const char* /*name*/, std::uint32_t value) {
  if (value == 0) return;
  tag(number, 5);
  little_endian(value, 4);
}

void WireWriter::put(std::uint32_t number, const TransactionId& id, bool /*always*/) {
  tag(number, 2);
  char text[1 + kTransactionIdBytes] = {static_cast<char>(kTransactionIdBytes)};
  char* at = text + 1;
  at = put_big_endian(at, id.log.value, 8);
  at = put_big_endian(at, id.shard, 2);
  at = put_big_endian(at, id.epoch.epoch, 4);
  at = put_big_endian(at, id.epoch.nonce, 4);
  put_big_endian(at, id.sequence, 6);
  out_.append(text, sizeof(text));  // once: an id is in nearly every message
}

void WireWriter::put(std::uint32_t number, LogId id, bool always) {
  if (id.value == 0 && !always) return;
  tag(number, 1);
  little_endian(id.value, 8);
}

void WireWriter::put_text(std::uint32_t number, std::string_view text) {
  if (is_utf8(text)) {
    put_chunk(number, text);
  } else {
    put_chunk(number, cleaned(text));
  }
}

void WireWriter::put_chunk(std::uint32_t number, std::string_view chunk) {
  tag(number, 2);
  varint(chunk.size());
  out_.append(chunk);
}

void WireWriter::little_endian(std::uint64_t value, int count) {
  for (int i = 0; i < count; ++i) out_.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

void WireWriter::close(std::size_t start, std::size_t at, bool always) {
  auto size = out_.size() - at - 1;
  if (size == 0 && !always) {
    out_.resize(start);
    return;
  }
  char length[10];
  std::size_t count = 0;
  for (; size >= 0x80; size >>= 7) length[count++] = static_cast<char>(size | 0x80);
  length[count++] = static_cast<char>(size);
  if (count == 1) {
    out_[at] = length[0];
  } else {
    out_.replace(at, 1, length, count);
  }
}

}  // namespace troth::codec
