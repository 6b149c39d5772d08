// tests/explore/bits.h: numbers of a few bits each, packed into bytes.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

namespace troth::explore {

/// Bits in, bytes out; the counterpart of Reader. What was put is in `bytes` once the writer is gone.
class Writer {
 public:
  explicit Writer(std::string& bytes) : bytes_(bytes) {}
  ~Writer() {
    for (; used_ > 0; used_ -= std::min(used_, 8u), now_ >>= 8) buffer_[size_++] = static_cast<char>(now_);
    bytes_.append(buffer_.data(), size_);
  }
  template <class T>
  void put(T value, unsigned bits) {
    now_ |= (static_cast<std::uint64_t>(value) & ((std::uint64_t{1} << bits) - 1)) << used_;
    used_ += bits;
    if (used_ < 32) return;
    for (int i = 0; i < 4; ++i) buffer_[size_ + static_cast<unsigned>(i)] = static_cast<char>(now_ >> (8 * i));
    size_ += 4;
    now_ >>= 32;
    used_ -= 32;
  }

 private:
  std::string& bytes_;
  std::array<char, 128> buffer_;
  std::size_t size_ = 0;
  std::uint64_t now_ = 0;
  unsigned used_ = 0;
};

class Reader {
 public:
  Reader(const std::string& bytes, std::size_t at) : bytes_(bytes), at_(at) {}
  std::uint32_t take(unsigned bits) {
    std::uint32_t value = 0;
    for (unsigned got = 0; got < bits;) {
      const unsigned room = std::min(8 - used_, bits - got);
      const auto byte = static_cast<unsigned char>(bytes_[at_]);
      value |= ((byte >> used_) & ((1u << room) - 1)) << got;
      got += room;
      used_ += room;
      if (used_ < 8) continue;
      ++at_;
      used_ = 0;
    }
    return value;
  }
  template <class T>
  void take_into(T& value, unsigned bits) {
    value = static_cast<T>(take(bits));
  }
  /// The first byte that was not begun.
  std::size_t next_byte() const { return used_ == 0 ? at_ : at_ + 1; }

 private:
  const std::string& bytes_;
  std::size_t at_;
  unsigned used_ = 0;
};

}  // namespace troth::explore
