#include "proto/transport/response_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

namespace troth::transport {
namespace {

struct Reason {
  int status;
  std::string_view text;
};
constexpr std::array kReasons = {
    Reason{200, "OK"},
    Reason{201, "Created"},
    Reason{202, "Accepted"},
    Reason{204, "No Content"},
    Reason{304, "Not Modified"},
    Reason{400, "Bad Request"},
    Reason{404, "Not Found"},
    Reason{405, "Method Not Allowed"},
    Reason{406, "Not Acceptable"},
    Reason{408, "Request Timeout"},
    Reason{409, "Conflict"},
    Reason{410, "Gone"},
    Reason{412, "Precondition Failed"},
    Reason{413, "Content Too Large"},
    Reason{415, "Unsupported Media Type"},
    Reason{421, "Misdirected Request"},
    Reason{422, "Unprocessable Content"},
    Reason{426, "Upgrade Required"},
    Reason{429, "Too Many Requests"},
    Reason{431, "Request Header Fields Too Large"},
    Reason{500, "Internal Server Error"},
    Reason{503, "Service Unavailable"},
};

std::string_view reason_of(int status) {
  const auto found =
      std::find_if(kReasons.begin(), kReasons.end(), [&](const Reason& r) { return r.status == status; });
  return found == kReasons.end() ? std::string_view("Status") : found->text;
}

// Formatting a date costs more than the rest of a head, so it is done once a second.
const std::string& date_now() {
  thread_local std::time_t formatted_at = -1;
  thread_local std::string text;
  const std::time_t now = std::time(nullptr);
  if (now != formatted_at) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::array<char, 64> buffer{};
    text.assign(buffer.data(), std::strftime(buffer.data(), buffer.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts));
    formatted_at = now;
  }
  return text;
}

void add(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ").append(value).append("\r\n");
}

bool is_ours(std::string_view name) {
  constexpr std::array<std::string_view, 5> kOurs = {"content-length", "content-type", "connection", "date",
                                                     "transfer-encoding"};
  return std::any_of(kOurs.begin(), kOurs.end(), [&](std::string_view ours) {
    return ours.size() == name.size() &&
           std::equal(ours.begin(), ours.end(), name.begin(), [](char a, char b) { return a == (b | 0x20) || a == b; });
  });
}

}  // namespace

bool is_safe_header(std::string_view name, std::string_view value) {
  const auto is_control = [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; };
  const auto breaks_name = [&](unsigned char c) { return is_control(c) || c == ':' || c == ' ' || c == '\t'; };
  return !name.empty() && std::none_of(name.begin(), name.end(), breaks_name) &&
         std::none_of(value.begin(), value.end(), is_control);
}

std::string response_head(const HttpResponse& response, bool close) {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head.append(reason_of(response.status)).append("\r\n");
  add(head, "Date", date_now());
  if (has_body(response.status)) {
    if (is_safe_header("content-type", response.content_type) && !response.content_type.empty()) {
      add(head, "Content-Type", response.content_type);
    }
    if (response.flow) {
      add(head, "Transfer-Encoding", "chunked");
    } else {
      add(head, "Content-Length", std::to_string(response.source ? response.source->size() : response.body.size()));
    }
  }
  if (close) add(head, "Connection", "close");
  for (const auto& [name, value] : response.headers) {
    if (is_safe_header(name, value) && !is_ours(name)) add(head, name, value);
  }
  return head.append("\r\n");
}

std::string chunk_text(std::string_view bytes, bool last) {
  std::string text;
  if (!bytes.empty()) {
    std::array<char, 16> size{};
    const auto [end, error] = std::to_chars(size.data(), size.data() + size.size(), bytes.size(), 16);
    text.append(size.data(), end).append("\r\n").append(bytes).append("\r\n");
  }
  return last ? text.append("0\r\n\r\n") : text;
}

}  // namespace troth::transport
