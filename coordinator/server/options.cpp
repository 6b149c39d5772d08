#include "coordinator/server/options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace troth::server {
namespace {

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

/// Limits with range. `kMin` is 1 where zero would mean "nothing works".
template <auto kMember, std::uint64_t kMin, std::uint64_t kMax>
std::string set_limit(Config& config, const std::string& value) {
  const auto number = parse_number(value);
  if (!number || *number < kMin || *number > kMax) {
    return "must be a whole number from " + std::to_string(kMin) + " to " + std::to_string(kMax) + ", not '" + value +
           "'";
  }
  auto& member = config.limits.*kMember;
  member = static_cast<std::remove_reference_t<decltype(member)>>(*number);
  return {};
}

template <auto kMember>
std::string set_text(Config& config, const std::string& value) {
  if (value.empty()) return "must not be empty";
  config.*kMember = value;
  return {};
}

std::string one_of(std::string& out, const std::string& value, std::initializer_list<std::string_view> choices) {
  std::string list;
  for (const auto choice : choices) {
    if (value == choice) {
      out = value;
      return {};
    }
    list += (list.empty() ? "" : ", ") + std::string(choice);
  }
  return "must be one of " + list + ", not '" + value + "'";
}

std::string set_log_level(Config& config, const std::string& value) {
  return one_of(config.log_level, value, {"trace", "debug", "info", "warn", "error", "off"});
}
std::string set_log_format(Config& config, const std::string& value) {
  return one_of(config.log_format, value, {"auto", "text", "json"});
}
std::string set_must_exist(Config& config, const std::string& value) {
  if (value != "true" && value != "false") return "must be true or false, not '" + value + "'";
  config.must_exist = value == "true";
  return {};
}
std::string set_log_id(Config& config, const std::string& value) {
  config.log_id = parse_log_id(value);
  return config.log_id ? "" : "must be a log id (13 characters, as in the ready line), not '" + value + "'";
}

/// `host:port`, an IPv6 host in brackets.
std::string set_listen(Config& config, const std::string& value) {
  const auto colon = value.rfind(':');
  if (colon == std::string::npos || colon == 0) return "must be host:port, not '" + value + "'";
  std::string host = value.substr(0, colon);
  const bool bracketed = host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto port = parse_number(std::string_view(value).substr(colon + 1));
  if (host.empty() || (!bracketed && host.find(':') != std::string::npos) || !port || *port > 65'535) {
    return "must be host:port with a port from 0 to 65535, not '" + value + "'";
  }
  config.host = host;
  config.port = static_cast<std::uint16_t>(*port);
  return {};
}

constexpr std::uint64_t kYearMs = 366ULL * 24 * 3'600'000;
constexpr std::uint64_t kMany = 1'000'000'000'000;
constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;
using L = Limits;
using enum OptionKind;

constexpr auto kOptions = std::to_array<Option>({
    {"data-dir", kText, "directory of the log", set_text<&Config::data_dir>},
    {"must-exist", kSwitch, "never make a new log", set_must_exist},
    {"log-id", kText, "the log must have this id", set_log_id},
    {"listen", kText, "host:port to serve on; port 0 takes a free one", set_listen},
    {"port-file", kText, "write the port here once the listener answers", set_text<&Config::port_file>},
    {"log-level", kText, "trace, debug, info, warn, error or off", set_log_level},
    {"log-format", kText, "auto (text on a terminal), text or json", set_log_format},
    {"default-timeout-ms", kNumber, "begin to decision, unless a request says otherwise",
     set_limit<&L::default_timeout_ms, 1, kYearMs>},
    {"max-timeout-ms", kNumber, "the longest timeoutMs a request may ask for",
     set_limit<&L::max_timeout_ms, 1, kYearMs>},
    {"max-wait-ms", kNumber, "how long an answer is held at most", set_limit<&L::max_wait_ms, 1, 3'600'000>},
    {"prepare-retry-ms-min", kNumber, "first gap between prepares", set_limit<&L::prepare_retry_ms_min, 1, 3'600'000>},
    {"prepare-retry-ms-max", kNumber, "largest gap between prepares",
     set_limit<&L::prepare_retry_ms_max, 1, 3'600'000>},
    {"deliver-retry-ms-min", kNumber, "first gap between deliveries",
     set_limit<&L::deliver_retry_ms_min, 1, 3'600'000>},
    {"deliver-retry-ms-max", kNumber, "largest gap between deliveries",
     set_limit<&L::deliver_retry_ms_max, 1, 3'600'000>},
    {"retain-ms", kNumber, "how long outcomes are remembered", set_limit<&L::retain_ms, 1, 100 * kYearMs>},
    {"retain-count", kNumber, "how many outcomes are remembered", set_limit<&L::retain_count, 1, kMany>},
    {"detail-ms", kNumber, "how long details are kept", set_limit<&L::detail_ms, 0, 100 * kYearMs>},
    {"detail-count", kNumber, "of how many transactions details are kept", set_limit<&L::detail_count, 0, 100'000'000>},
    {"key-retain-ms", kNumber, "how long an Idempotency-Key binds", set_limit<&L::key_retain_ms, 1, 100 * kYearMs>},
    {"drain-ms", kNumber, "how long SIGTERM waits for running transactions", set_limit<&L::drain_ms, 0, 3'600'000>},
    {"header-timeout-ms", kNumber, "for a whole request header, and for Hello",
     set_limit<&L::header_timeout_ms, 1, 600'000>},
    {"body-timeout-ms", kNumber, "for a whole request body", set_limit<&L::body_timeout_ms, 1, 3'600'000>},
    {"idle-timeout-ms", kNumber, "for a connection without a request", set_limit<&L::idle_timeout_ms, 1, 3'600'000>},
    {"max-live", kNumber, "live transactions", set_limit<&L::max_live, 1, 1'000'000'000>},
    {"max-unsettled", kNumber, "unsettled branches per participant", set_limit<&L::max_unsettled, 1, 1'000'000'000>},
    {"max-branches", kNumber, "branches of a transaction", set_limit<&L::max_branches, 1, 1'000>},
    {"max-payload-bytes", kNumber, "payload of a branch", set_limit<&L::max_payload_bytes, 0, kGiB>},
    {"max-body-bytes", kNumber, "body of a request", set_limit<&L::max_body_bytes, 1'024, kGiB>},
    {"max-frame-bytes", kNumber, "frame of a session", set_limit<&L::max_frame_bytes, 8'192, kGiB>},
    {"max-header-bytes", kNumber, "header of a request", set_limit<&L::max_header_bytes, 256, 1'048'576>},
    {"max-connections", kNumber, "open connections", set_limit<&L::max_connections, 1, 1'000'000>},
    {"max-participants", kNumber, "registered names", set_limit<&L::max_participants, 1, 100'000>},
    {"max-queue", kNumber, "messages waiting for one participant", set_limit<&L::max_queue, 1, 100'000'000>},
    {"max-callbacks", kNumber, "calls to one callback participant at once", set_limit<&L::max_callbacks, 1, 100'000>},
    {"ballast-bytes", kNumber, "file released so that a full disk never blocks recovery",
     set_limit<&L::ballast_bytes, 0, 64 * kGiB>},
    {"compact-records", kNumber, "records in the log since it was last made shorter, for that to happen again",
     set_limit<&L::compact_records, 100, kMany>},
});

std::string replaced(std::string_view text, char by) {
  std::string out(text);
  std::replace(out.begin(), out.end(), '-', by);
  return out;
}

}  // namespace

std::span<const Option> options() {
  return kOptions;
}

const Option* find_option(std::string_view name) {
  const auto* found = std::find_if(kOptions.begin(), kOptions.end(), [&](const Option& o) { return o.name == name; });
  return found == kOptions.end() ? nullptr : found;
}

std::string environment_name(std::string_view option) {
  std::string name = "TROTH_" + replaced(option, '_');
  for (char& c : name) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return name;
}

std::string toml_name(std::string_view option) {
  return replaced(option, '_');
}

}  // namespace troth::server
