#include "coordinator/server/log_line.h"

#include <poll.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <memory>
#include <mutex>

#include "coordinator/server/clock.h"
#include "proto/codec/api_json.h"

namespace troth::server {
namespace {

struct Logs {
  std::shared_ptr<spdlog::logger> logger;
  bool json = true;
};

std::string dropped_line(std::uint64_t lines);

/// Stderr, but never a reason to stop: when nobody reads it lines are dropped and counted, and the count is told when
/// somebody reads again. A pipe that polls writable takes PIPE_BUF bytes at once, so longer lines are cut to that.
class StderrSink final : public spdlog::sinks::base_sink<std::mutex> {
 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (dropped_ != 0 && put(dropped_line(dropped_))) dropped_ = 0;
    if (!put(std::string(message.payload.data(), message.payload.size()))) ++dropped_;
  }
  void flush_() override {}

 private:
  static bool put(std::string line) {
    pollfd out{STDERR_FILENO, POLLOUT, 0};
    int ready = 0;
    while ((ready = ::poll(&out, 1, 0)) < 0 && errno == EINTR) continue;
    if (ready != 1 || (out.revents & POLLOUT) == 0) return false;
    line.resize(std::min<std::size_t>(line.size(), PIPE_BUF - 1));
    line += '\n';
    return ::write(STDERR_FILENO, line.data(), line.size()) > 0;
  }
  std::uint64_t dropped_ = 0;
};

/// Written once by `set_up_logs`, before any thread that logs.
Logs& logs() {
  static Logs instance;
  return instance;
}

constexpr std::string_view name_of(Level level) {
  constexpr std::string_view kNames[] = {"debug", "info", "warn", "error"};
  return kNames[static_cast<std::size_t>(level)];
}

spdlog::level::level_enum spdlog_level(Level level) {
  constexpr spdlog::level::level_enum kLevels[] = {spdlog::level::debug, spdlog::level::info, spdlog::level::warn,
                                                   spdlog::level::err};
  return kLevels[static_cast<std::size_t>(level)];
}

/// A JSON string: quotes, backslash and control characters escaped. Other bytes pass, as they do in JSON.
void append_quoted(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

bool is_plain(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f || c == '"' || c == '\\' || c == '=') return false;
  }
  return true;
}

void append_value(std::string& out, const Field& field, bool always_quote) {
  // What a peer sent may be long; a line must stay whole within one write.
  constexpr std::size_t kMaxText = 256;
  if (const auto* whole = std::get_if<std::string_view>(&field.value)) {
    const std::string_view cut = whole->substr(0, kMaxText);
    const auto* text = &cut;
    if (always_quote || !is_plain(*text)) {
      append_quoted(out, *text);
    } else {
      out += *text;
    }
  } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
    out += std::to_string(*number);
  } else if (const auto* count = std::get_if<std::uint64_t>(&field.value)) {
    out += std::to_string(*count);
  } else {
    out += std::get<bool>(field.value) ? "true" : "false";
  }
}

}  // namespace

namespace {

std::string dropped_line(std::uint64_t lines) {
  const std::initializer_list<Field> fields = {{"lines", lines}};
  return logs().json ? json_line(Level::kWarn, "log.dropped", fields, now().at)
                     : text_line(Level::kWarn, "log.dropped", fields, now().at);
}

}  // namespace

void set_up_logs(const std::string& level, const std::string& format) {
  const auto sink = std::make_shared<StderrSink>();
  auto logger = std::make_shared<spdlog::logger>("troth", sink);
  logger->set_level(level == "error" ? spdlog::level::err : spdlog::level::from_str(level));
  logs().json = format == "json" || (format == "auto" && isatty(STDERR_FILENO) == 0);
  logs().logger = std::move(logger);
}

void log(Level level, std::string_view event, std::initializer_list<Field> fields) {
  const Logs& out = logs();
  if (!out.logger || !out.logger->should_log(spdlog_level(level))) return;
  const std::int64_t at = now().at;
  const std::string line = out.json ? json_line(level, event, fields, at) : text_line(level, event, fields, at);
  out.logger->log(spdlog_level(level), spdlog::string_view_t(line.data(), line.size()));
}

std::string json_line(Level level, std::string_view event, std::initializer_list<Field> fields, std::int64_t at_ms) {
  std::string line = R"({"at":")" + codec::rfc3339(at_ms) + R"(","level":")";
  line += name_of(level);
  line += R"(","event":)";
  append_quoted(line, event);
  for (const Field& field : fields) {
    line += ',';
    append_quoted(line, field.name);
    line += ':';
    append_value(line, field, true);
  }
  return line + '}';
}

std::string text_line(Level level, std::string_view event, std::initializer_list<Field> fields, std::int64_t at_ms) {
  std::string line = codec::rfc3339(at_ms) + " ";
  line += name_of(level);
  line += ' ';
  line += event;
  for (const Field& field : fields) {
    line += ' ';
    line += field.name;
    line += '=';
    append_value(line, field, false);
  }
  return line;
}

}  // namespace troth::server
