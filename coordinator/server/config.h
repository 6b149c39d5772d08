// coordinator/server/config.h: everything trothd can be told, and where each value came from. Names and defaults are
// those of api.md "trothd"; precedence is flag > environment > TOML > default.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/values/ids.h"
#include "proto/values/limits.h"

namespace troth::server {

struct Config {
  std::string data_dir = "/var/lib/troth";
  bool must_exist = false;
  std::optional<LogId> log_id;
  std::string host = "127.0.0.1";
  std::uint16_t port = 7400;
  std::string port_file;  // empty: none
  std::string log_level = "info";
  std::string log_format = "auto";
  Limits limits;
};

/// A value as it was written, and where: `file:line:col`, `flag --x` or `environment TROTH_X`.
struct Setting {
  std::string value;
  std::string origin;
};
/// By option name (`max-live`).
using Settings = std::map<std::string, Setting, std::less<>>;

/// Values of one source with what was wrong with it; every message begins with its origin.
struct Source {
  Settings settings;
  std::vector<std::string> errors;
};

/// The environment as `getenv` gives it, handed in so that tests need not touch the process.
using Environment = std::function<const char*(const char*)>;

Source read_environment(const Environment& environment);
/// Flat TOML, keys in snake_case. Unknown keys, wrong types and syntax errors name line and column.
Source read_toml(std::string_view text, std::string_view file);
Source read_toml_file(const std::string& path);

struct Loaded {
  Config config;
  std::vector<std::string> errors;  // empty: usable
};
/// Merges (later sources win), converts, and checks ranges and what options say together. All errors at once.
Loaded merge(const std::vector<Source>& weakest_first);

}  // namespace troth::server
