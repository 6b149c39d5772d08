#include "wal/space.h"

#include "wal/generations.h"

namespace troth::wal {

void release_ballast_if_short(const Directory& directory, const SpaceOptions& options) {
  if (directory.free_bytes() < options.reserve_bytes) directory.remove(kBallast);
}

void Space::tend() {
  make_ballast();
  free_bytes_ = directory_.free_bytes();
  has_reserve_ = free_bytes_ >= options_.reserve_bytes;
}

void Space::run_out() {
  directory_.remove(kBallast);
  has_reserve_ = false;
}

void Space::make_ballast() {
  const std::uint64_t wanted = options_.ballast_bytes;
  if (directory_.size_of(kBallast) == wanted) return;
  directory_.remove(kBallast);
  // Twice the ballast beyond the reserve: space that hovers at the limit would else make and give it up by turns.
  if (wanted == 0 || directory_.free_bytes() < options_.reserve_bytes + 2 * wanted) return;
  directory_.create(kBallast);
  // Without it the log still works, only less room is left when the disk fills: the next look tries again.
  if (!directory_.open(kBallast, OpenFor::kWriting)->reserve(wanted)) directory_.remove(kBallast);
}

}  // namespace troth::wal
