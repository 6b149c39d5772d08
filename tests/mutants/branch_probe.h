// tests/mutants/branch_probe.h: sees every step of a participant's branch before it is taken. Null: nobody looks.
#pragma once

#include "participant-sdk/core/branch.h"

namespace troth::probe {

using OnBranch = void (*)(const sdk::BranchState& before, const BranchId& id, const sdk::Event& event, Millis now);
inline OnBranch on_branch = nullptr;

}  // namespace troth::probe
