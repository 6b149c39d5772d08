// recovery/fewest.h: the fewest facts that mean the same as all that was folded: what a set is made of.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <vector>

#include "recovery/known.h"

namespace troth::recovery {

/// Gives, one at a time, the facts that fold to the same Known: of details only those that live transactions,
/// heuristics and gaps need. The last is Checkpoint{cut}. A function of `known` alone: equal Knowns give equal facts.
///
/// Nothing of the size of the live table is copied: facts are made from where `known` keeps them, so it must stay as it
/// is until the last was taken.
class Fewest {
 public:
  Fewest(const Known& known, Lsn cut);

  /// Replaces `fact` by the next one. False: there are no more.
  bool next(Fact& fact);

 private:
  using Facts = std::deque<Fact>;
  /// Adds the facts of its next item; false when it has no more items.
  using Part = std::function<bool(Facts& ready)>;

  std::vector<Part> parts_;
  std::size_t part_ = 0;
  Facts ready_;  // of one item
};

}  // namespace troth::recovery
