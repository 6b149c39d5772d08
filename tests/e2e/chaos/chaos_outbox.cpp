#include "tests/e2e/chaos/chaos_outbox.h"

#include <algorithm>
#include <array>
#include <string>

#include "tests/e2e/chaos/names.h"

namespace troth::chaos {
namespace {

/// What its receiver answers at once.
bool is_answered(const engine::Outgoing& outgoing) {
  constexpr std::array<std::string_view, 3> kAnswered{"prepare", "one-phase", "commit"};
  return std::find(kAnswered.begin(), kAnswered.end(), name_of(outgoing)) != kAnswered.end();
}

}  // namespace

void ChaosOutbox::release(std::vector<engine::Outgoing>& batch) {
  if (silent_) return batch.clear();
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const std::string_view name = name_of(batch[i]);
    if (name.empty()) continue;
    if (points_.reach("out." + std::string(name))) return end_before(batch, i);
    names.push_back(name);
  }
  below_.release(batch);
  for (const std::string_view name : names) {
    if (points_.reach("sent." + std::string(name))) points_.arm();
  }
}

void ChaosOutbox::end_before(std::vector<engine::Outgoing>& batch, std::size_t item) {
  batch.resize(item);
  if (std::none_of(batch.begin(), batch.end(), is_answered)) points_.die();
  silent_ = true;
  points_.arm();
  below_.release(batch);
}

void pass_incoming(const std::vector<engine::Command>& commands, Points& points) {
  points.something_came_in();
  for (const auto& command : commands) {
    const std::string_view name = name_of(command);
    if (!name.empty()) points.pass("in." + std::string(name));
  }
}

}  // namespace troth::chaos
