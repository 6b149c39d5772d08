// wal/batch.h: records on their way to the writer, side by side in one buffer: in the steady state appending allocates
// nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "wal/log.h"

namespace troth::wal {

class Batch {
 public:
  struct View {
    std::uint16_t kind = 0;
    std::string_view key;
    std::string_view body;
  };

  void add(const Record& record) {
    entries_.push_back({record.kind, bytes_.size(), record.key.size(), record.body.size()});
    bytes_ += record.key;
    bytes_ += record.body;
  }
  std::size_t size() const { return entries_.size(); }
  std::size_t bytes() const { return bytes_.size(); }
  bool empty() const { return entries_.empty(); }
  /// Valid until the next `add` or `clear`.
  View operator[](std::size_t i) const {
    const Entry& entry = entries_[i];
    const std::string_view bytes(bytes_);
    return {entry.kind, bytes.substr(entry.at, entry.key), bytes.substr(entry.at + entry.key, entry.body)};
  }
  /// Keeps the memory for the next round, unless a burst made it large.
  void clear() {
    entries_.clear();
    bytes_.clear();
    if (bytes_.capacity() > kKeptBytes) bytes_.shrink_to_fit();
  }

 private:
  static constexpr std::size_t kKeptBytes = std::size_t{16} << 20;
  struct Entry {
    std::uint16_t kind;
    std::size_t at;
    std::size_t key;
    std::size_t body;
  };
  std::vector<Entry> entries_;
  std::string bytes_;
};

}  // namespace troth::wal
