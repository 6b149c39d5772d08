#include "coordinator/server/config.h"

#include "coordinator/server/options.h"

namespace troth::server {
namespace {

/// What options must say together: a message and the option whose origin it is told at.
struct Together {
  bool broken;
  std::string_view option;
  std::string_view other;
  std::string_view message;
};

/// Room for a prepare's ids, trace and framing beside its payload.
constexpr std::uint64_t kFrameOverhead = 4'096;

std::vector<Together> check_together(const Limits& limits) {
  return {
      {limits.default_timeout_ms > limits.max_timeout_ms, "default-timeout-ms", "max-timeout-ms",
       "default-timeout-ms must not be above max-timeout-ms"},
      {limits.prepare_retry_ms_min > limits.prepare_retry_ms_max, "prepare-retry-ms-min", "prepare-retry-ms-max",
       "prepare-retry-ms-min must not be above prepare-retry-ms-max"},
      {limits.deliver_retry_ms_min > limits.deliver_retry_ms_max, "deliver-retry-ms-min", "deliver-retry-ms-max",
       "deliver-retry-ms-min must not be above deliver-retry-ms-max"},
      {limits.max_payload_bytes > limits.max_body_bytes, "max-payload-bytes", "max-body-bytes",
       "max-payload-bytes must not be above max-body-bytes"},
      {limits.max_payload_bytes + kFrameOverhead > limits.max_frame_bytes, "max-payload-bytes", "max-frame-bytes",
       "max-frame-bytes must be at least max-payload-bytes and 4096 more"},
  };
}

}  // namespace

Source read_environment(const Environment& environment) {
  Source source;
  for (const Option& option : options()) {
    const std::string name = environment_name(option.name);
    if (const char* value = environment(name.c_str())) {
      source.settings[std::string(option.name)] = {value, "environment " + name};
    }
  }
  return source;
}

Loaded merge(const std::vector<Source>& weakest_first) {
  Loaded loaded;
  Settings merged;
  for (const Source& source : weakest_first) {
    loaded.errors.insert(loaded.errors.end(), source.errors.begin(), source.errors.end());
    for (const auto& [name, setting] : source.settings) {
      // A value that is hidden by a stronger source is still checked: it would bite when that source goes away.
      Config scratch;
      const std::string wrong = find_option(name)->set(scratch, setting.value);
      if (!wrong.empty()) {
        loaded.errors.push_back(setting.origin + ": " + name + " " + wrong);
      } else {
        merged[name] = setting;
      }
    }
  }
  for (const auto& [name, setting] : merged) find_option(name)->set(loaded.config, setting.value);
  for (const Together& rule : check_together(loaded.config.limits)) {
    if (!rule.broken) continue;
    const auto named = merged.find(rule.option);
    const auto other = merged.find(rule.other);
    const auto& at = named != merged.end() ? named : other;
    loaded.errors.push_back((at == merged.end() ? "default" : at->second.origin) + ": " + std::string(rule.message));
  }
  return loaded;
}

}  // namespace troth::server
