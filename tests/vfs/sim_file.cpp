#include "tests/vfs/sim_file.h"

#include <algorithm>
#include <map>

namespace troth::vfs {
namespace {

void put(std::string& image, std::uint64_t offset, std::string_view bytes) {
  if (image.size() < offset + bytes.size()) image.resize(offset + bytes.size());
  std::copy(bytes.begin(), bytes.end(), image.begin() + static_cast<std::ptrdiff_t>(offset));
}

void damage(std::string& image, std::uint64_t from, std::uint64_t to, Random& random) {
  for (std::uint64_t i = from; i < std::min<std::uint64_t>(to, image.size()); ++i) {
    image[i] = static_cast<char>(random.next());
  }
}

/// What becomes of one sector's unsynced writes.
struct Fate {
  std::uint64_t writes = 0;  // that touch it
  bool partly = false;       // one of them does not cover it
  std::uint64_t kept = 0;    // so many of them, from the first
};

}  // namespace

void SimFile::write(std::uint64_t offset, std::string_view bytes) {
  put(current_, offset, bytes);
  unsynced_.push_back({false, offset, std::string(bytes)});
}

void SimFile::truncate(std::uint64_t size) {
  current_.resize(size);
  unsynced_.push_back({true, size, ""});
}

void SimFile::sync() {
  for (const Change& change : unsynced_) {
    if (change.truncates) {
      durable_.resize(change.offset);
    } else {
      put(durable_, change.offset, change.bytes);
    }
  }
  unsynced_.clear();
}

void SimFile::cut_power(Ending ending, const Medium& medium, Random& random) {
  if (ending == Ending::kAllKept) sync();
  if (ending == Ending::kRandom) keep_some(medium, random);
  current_ = durable_;
  unsynced_.clear();
}

void SimFile::keep_some(const Medium& medium, Random& random) {
  const std::uint64_t sector = medium.sector;
  std::map<std::uint64_t, Fate> fates;  // ordered: the random numbers are drawn in the same order each time
  const auto for_sectors = [&](const Change& change, const auto& visit) {
    const std::uint64_t end = change.offset + change.bytes.size();
    for (std::uint64_t from = change.offset; from < end;) {
      const std::uint64_t to = std::min(end, (from / sector + 1) * sector);
      visit(fates[from / sector], from, to);
      from = to;
    }
  };
  for (const Change& change : unsynced_) {
    for_sectors(change, [&](Fate& fate, std::uint64_t from, std::uint64_t to) {
      ++fate.writes;
      fate.partly |= to - from < sector;
    });
  }
  for (auto& [number, fate] : fates) fate.kept = random.below(fate.writes + 1);
  for (const Change& change : unsynced_) {
    if (change.truncates && random.one_in(2)) durable_.resize(change.offset);
    for_sectors(change, [&](Fate& fate, std::uint64_t from, std::uint64_t to) {
      if (fate.kept == 0) return;
      --fate.kept;
      put(durable_, from, std::string_view(change.bytes).substr(from - change.offset, to - from));
    });
  }
  if (medium.powersafe_overwrite) return;
  for (const auto& [number, fate] : fates) {
    if (fate.partly && random.one_in(4)) damage(durable_, number * sector, (number + 1) * sector, random);
  }
}

void SimFile::flip_bit(std::uint64_t bit) {
  for (std::string* image : {&current_, &durable_}) {
    if (bit / 8 < image->size()) (*image)[bit / 8] = static_cast<char>((*image)[bit / 8] ^ (1 << (bit % 8)));
  }
}

}  // namespace troth::vfs
