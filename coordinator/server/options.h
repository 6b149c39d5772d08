// coordinator/server/options.h: the one table of options; flags, environment and TOML are read through it, so that an
// option cannot exist in one of them only.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "coordinator/server/config.h"

namespace troth::server {

enum class OptionKind : std::uint8_t { kText, kSwitch, kNumber };

struct Option {
  std::string_view name;  // as the flag, without `--`
  OptionKind kind = OptionKind::kText;
  std::string_view help;
  /// Stores `value`; returns an empty string, or what is wrong with it.
  std::string (*set)(Config& config, const std::string& value) = nullptr;
};

std::span<const Option> options();
const Option* find_option(std::string_view name);

std::string environment_name(std::string_view option);  // TROTH_MAX_LIVE
std::string toml_name(std::string_view option);         // max_live

}  // namespace troth::server
