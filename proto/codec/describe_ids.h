// proto/codec/describe_ids.h: ids inside messages. A branch is flat in most messages (fields 1 and 2), which spares the
// busiest frames a level of nesting.
#pragma once

#include "proto/codec/archive.h"

namespace troth::codec {

template <class A, class B>
void describe_branch(A& a, B& branch) {
  a.required(1, "transaction", branch.transaction);
  a.required(2, "n", branch.n);
  if constexpr (A::kReading) {
    if (a.done() && branch.n == 0) a.refuse("n", "Branches count from 1: send the number of the branch.");
  }
}

template <class A>
void describe(A& a, Ref<A, BranchId> v) {
  describe_branch(a, v);
}

template <class A, class E>
void describe_epoch(A& a, std::uint32_t first, E& epoch) {
  a.field(first, "epoch", epoch.epoch);
  a.fixed32(first + 1, "nonce", epoch.nonce);
}

}  // namespace troth::codec
