#include "proto/transport/request_gate.h"

#include <algorithm>
#include <charconv>

namespace troth::transport {
namespace {

bool is_token_char(unsigned char c) {
  if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
  return c != 0 && std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// True when `wanted` (lower case) is one of the comma separated words.
bool lists(std::string_view value, std::string_view wanted) {
  while (true) {
    const std::size_t comma = value.find(',');
    if (lower(trim(value.substr(0, comma))) == wanted) return true;
    if (comma == std::string_view::npos) return false;
    value.remove_prefix(comma + 1);
  }
}

bool is_host(std::string_view value) {
  const auto allowed = [](unsigned char c) {
    return is_token_char(c) || std::string_view("[]:()=;").find(static_cast<char>(c)) != std::string_view::npos;
  };
  return !value.empty() && std::all_of(value.begin(), value.end(), allowed);
}

/// Reads a head line by line; every step is false, and `why` says which rule was broken, when it refuses.
class HeadReader {
 public:
  explicit HeadReader(std::string_view bytes) : rest_(bytes) {}

  bool read() {
    std::string_view line;
    if (!take_line(line) || !read_request_line(line)) return false;
    while (true) {
      if (!take_line(line)) return false;
      if (line.empty()) return weigh_fields();
      if (!read_field(line)) return false;
    }
  }

  GatedHead gated;
  const char* why = "";

 private:
  bool refuse(const char* reason) {
    why = reason;
    return false;
  }

  bool take_line(std::string_view& line) {
    const std::size_t end = rest_.find("\r\n");
    if (end == std::string_view::npos) return refuse("A line of the head does not end.");
    line = rest_.substr(0, end);
    rest_.remove_prefix(end + 2);
    return true;
  }

  bool read_request_line(std::string_view line) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return refuse("The request line must have three words.");
    if (!is_token(line.substr(0, first))) return refuse("The method is not a word.");
    if (line.substr(last + 1) != "HTTP/1.1") return refuse("Only HTTP/1.1 is spoken here.");
    gated.head.method = line.substr(0, first);
    return read_target(line.substr(first + 1, last - first - 1));
  }

  bool read_target(std::string_view target) {
    const bool is_path = !target.empty() && target.front() == '/' && is_visible(target);
    if (!is_path || target.find('#') != std::string_view::npos) return refuse("The target must be a path.");
    const std::size_t question = target.find('?');
    gated.head.path = target.substr(0, question);
    if (question != std::string_view::npos) gated.head.query = target.substr(question + 1);
    return true;
  }

  bool read_field(std::string_view line) {
    if (line.front() == ' ' || line.front() == '\t') return refuse("A header must not be folded.");
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
      return refuse("A header has no proper name.");
    }
    gated.head.headers.emplace_back(lower(line.substr(0, colon)), trim(line.substr(colon + 1)));
    return true;
  }

  bool weigh_fields() {
    int hosts = 0;
    for (const auto& [name, value] : gated.head.headers) {
      if (name == "transfer-encoding") return refuse("Transfer-Encoding is not accepted: send Content-Length.");
      if (name == "content-length" && !read_length(value)) return false;
      if (name == "host" && (++hosts > 1 || !is_host(value))) return refuse("Host must name one host, once.");
      if (name == "connection" && lists(value, "close")) gated.keep_alive = false;
      if (name == "upgrade" && lists(value, "websocket")) gated.wants_websocket = true;
      if (name == "expect" && lower(value) != "100-continue") return refuse("Only 100-continue can be expected.");
      if (name == "expect") gated.expects_continue = true;
    }
    return hosts == 1 || refuse("Host must be given.");
  }

  bool read_length(const std::string& value) {
    if (gated.head.content_length) return refuse("Content-Length must be given once.");
    std::uint64_t length = 0;
    const char* const end = value.data() + value.size();
    const auto [stopped, error] = std::from_chars(value.data(), end, length);
    if (error != std::errc() || stopped != end) return refuse("Content-Length must be digits.");
    gated.head.content_length = length;
    return true;
  }

  std::string_view rest_;
};

bool has_token(const HttpHead& head, std::string_view name, std::string_view token) {
  return std::any_of(head.headers.begin(), head.headers.end(),
                     [&](const auto& field) { return field.first == name && lists(field.second, token); });
}

bool is_handshake_key(std::string_view key) {
  // 16 bytes in base64: 22 characters and two of padding.
  if (key.size() != 24 || key.substr(22) != "==") return false;
  return std::all_of(key.begin(), key.end() - 2, [](unsigned char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' || c == '/';
  });
}

}  // namespace

HeadScanner::Found HeadScanner::scan(std::string_view bytes) {
  while (at_ < bytes.size()) {
    const auto c = static_cast<unsigned char>(bytes[at_]);
    if (c == '\r') {
      if (at_ + 1 == bytes.size()) return Found::kMore;
      if (bytes[at_ + 1] != '\n') return Found::kBad;
      const bool empty_line = at_ == line_start_;
      at_ += 2;
      line_start_ = at_;
      if (empty_line) return at_ == 2 ? Found::kBad : Found::kEnd;
      continue;
    }
    if ((c < 0x20 && c != '\t') || c == 0x7f) return Found::kBad;
    ++at_;
  }
  return Found::kMore;
}

std::variant<GatedHead, Problem> pass_gate(std::string_view bytes) {
  HeadReader reader(bytes);
  if (!reader.read()) return Problem{Slug::kBadRequest, reader.why, ""};
  return std::move(reader.gated);
}

std::optional<Problem> check_handshake(const HttpHead& head) {
  const auto bad = [](const char* why) { return Problem{Slug::kBadUpgrade, why, ""}; };
  const auto keys = std::count_if(head.headers.begin(), head.headers.end(),
                                  [](const auto& field) { return field.first == "sec-websocket-key"; });
  if (head.method != "GET") return bad("A WebSocket handshake is a GET.");
  if (!has_token(head, "connection", "upgrade")) return bad("Connection must name Upgrade.");
  if (head.header("sec-websocket-version") != "13") return bad("Sec-WebSocket-Version must be 13.");
  if (keys != 1 || !is_handshake_key(head.header("sec-websocket-key"))) {
    return bad("Sec-WebSocket-Key must be 16 bytes in base64, once.");
  }
  if (head.content_length.value_or(0) != 0) return bad("A WebSocket handshake has no body.");
  return std::nullopt;
}

}  // namespace troth::transport
