// tests/mutants/mutant.h: which rule of the protocol is broken in this process. At most one; none at start. Plain
// variables: set it before the code that asks runs, on the same thread or before that thread starts.
#pragma once

#include <span>
#include <string_view>

#include "mutant_ids.h"

namespace troth::mutant {

struct Info {
  Id id = Id::kNone;
  std::string_view name;
  std::string_view rule;     // what is broken, and the section of design.md
  std::string_view files;    // the product files whose copies ask for it
  std::string_view harness;  // what test code does that must ask for it; empty: nothing
};

/// Every mutant, in the order of the lists.
std::span<const Info> all();

inline Id active = Id::kNone;

inline bool on(Id id) {
  return active == id;
}

/// Breaks that rule and mends any other. False, and nothing changes, when there is no such mutant.
bool set(std::string_view name);
inline void clear() {
  active = Id::kNone;
}

}  // namespace troth::mutant
