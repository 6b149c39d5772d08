// tests/vfs/sim_file.h: the content of one file as the process sees it, and as a power cut would leave it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/vfs/random.h"

namespace troth::vfs {

/// How a process ends, and what is left of what it did not sync.
enum class Ending : std::uint8_t {
  kKill,         // the process dies (kill -9): all it wrote is still there, and still not durable
  kNothingKept,  // power cut: no unsynced write reached the disk
  kAllKept,      // power cut: every unsynced write reached the disk
  kRandom,       // power cut: sector by sector; of the writes to one sector, the first few reached it
};

struct Medium {
  std::uint64_t sector = 4096;      // what the disk writes as one
  bool powersafe_overwrite = true;  // false: cutting the power while a part of a sector is written may damage the rest
};

class SimFile {
 public:
  const std::string& current() const { return current_; }
  std::uint64_t size() const { return current_.size(); }
  /// True when a power cut might change the content.
  bool is_unsure() const { return current_ != durable_; }

  void write(std::uint64_t offset, std::string_view bytes);
  void truncate(std::uint64_t size);
  void sync();
  /// A failed sync: the page cache believes it wrote what is unsynced. It stays visible and reaches the disk only when
  /// it is written again.
  void fail_sync() { unsynced_.clear(); }
  /// A power cut. `ending` is not kKill.
  void cut_power(Ending ending, const Medium& medium, Random& random);
  /// Damage on the disk itself.
  void flip_bit(std::uint64_t bit);

 private:
  struct Change {
    bool truncates;
    std::uint64_t offset;  // or the new size
    std::string bytes;
  };
  void keep_some(const Medium& medium, Random& random);

  std::string current_;
  std::string durable_;
  std::vector<Change> unsynced_;  // in order
};

}  // namespace troth::vfs
