// tests/mutants/step_probe.h: sees every step of the coordinator's core before it is taken. Null: nobody looks.
#pragma once

#include "coordinator/core/event.h"
#include "coordinator/core/transaction.h"

namespace troth::probe {

using OnStep = void (*)(const core::Transaction& before, const core::Event& event, core::Now now);
inline OnStep on_step = nullptr;

}  // namespace troth::probe
