#include "participant-sdk/core/branches.h"

namespace troth::sdk {
namespace {

bool answers_prepare(const BranchState& state) {
  return state.call == Call::kPrepare || state.call == Call::kOnePhase ||
         (state.call == Call::kLookUp && state.look_up_for != LookUpFor::kDecision);
}

}  // namespace

void Branches::apply(const BranchId& id, Event event, Millis now, std::vector<Effect>& effects) {
  apply_to(states_.try_emplace(id).first, std::move(event), now, effects);
  drop_settled();
}

void Branches::apply_to(States::iterator at, Event event, Millis now, std::vector<Effect>& effects) {
  auto& [id, state] = *at;
  const Millis due_before = state.wake_due;
  const bool open_before = answers_prepare(state);
  step(state, id, std::move(event), now, effects);
  open_prepares_ += static_cast<std::size_t>(answers_prepare(state)) - static_cast<std::size_t>(open_before);
  if (due_before != state.wake_due) {
    if (due_before != 0) due_.erase({due_before, id});
    if (state.wake_due != 0) due_.insert({state.wake_due, id});
  }
  if (state.settled() && !state.remembered) {
    state.remembered = true;
    settled_.push_back(id);
  } else if (state.standing == Standing::kFresh && state.call == Call::kNone && !state.remembered) {
    states_.erase(at);  // nothing is known of it: no memory either
  }
}

void Branches::tick(Millis now, std::vector<Effect>& effects) {
  while (!due_.empty() && due_.begin()->first <= now) {
    const BranchId id = due_.begin()->second;
    apply_to(states_.find(id), event::TimePassed{}, now, effects);
  }
  drop_settled();
}

void Branches::connected(Millis now, std::vector<Effect>& effects) {
  for (auto at = states_.begin(); at != states_.end();) apply_to(at++, event::Connected{}, now, effects);
}

std::optional<Millis> Branches::next_due() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first;
}

void Branches::hold_settled(bool hold) {
  hold_settled_ = hold;
  drop_settled();
}

void Branches::drop_settled() {
  while (!hold_settled_ && settled_.size() > max_settled_) {
    const auto at = states_.find(settled_.front());
    settled_.pop_front();
    if (at == states_.end()) continue;
    at->second.remembered = false;
    // One that is in doubt or busy again stands here until it is settled again.
    const bool fresh = at->second.standing == Standing::kFresh && at->second.call == Call::kNone;
    if (at->second.settled() || fresh) states_.erase(at);
  }
}

void Branches::raise_horizon(const TransactionId& horizon) {
  if (horizon.log != horizon_.log || horizon > horizon_) horizon_ = horizon;
}

bool Branches::below_horizon(const TransactionId& id) const {
  return id.log == horizon_.log && id < horizon_;
}

const BranchState* Branches::find(const BranchId& id) const {
  const auto at = states_.find(id);
  return at == states_.end() ? nullptr : &at->second;
}

}  // namespace troth::sdk
