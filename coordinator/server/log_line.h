// coordinator/server/log_line.h: structured logs. One line an event, to stderr: text on a terminal, JSON otherwise.
// Event names are an interface (`trothd.ready`, `session.opened`): others filter by them. Never a payload, never a
// credential. Values are escaped, so nothing a peer sends can begin a line.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace troth::server {

enum class Level : std::uint8_t { kDebug, kInfo, kWarn, kError };

struct Field {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, std::uint64_t, bool> value;
};

/// `level` and `format` as in the configuration. Once, before the threads start; without it nothing is written.
void set_up_logs(const std::string& level, const std::string& format);

/// Any thread.
void log(Level level, std::string_view event, std::initializer_list<Field> fields = {});

/// The line `log` would write, without its end. `at_ms` is UTC.
std::string json_line(Level level, std::string_view event, std::initializer_list<Field> fields, std::int64_t at_ms);
std::string text_line(Level level, std::string_view event, std::initializer_list<Field> fields, std::int64_t at_ms);

}  // namespace troth::server
