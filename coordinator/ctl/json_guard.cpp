#include "coordinator/ctl/json_guard.h"

#include <array>
#include <cstdio>

#include "coordinator/ctl/look.h"

namespace troth::ctl {

int JsonGuard::overflow(int c) {
  if (c == traits_type::eof()) return traits_type::not_eof(c);
  pending_ += static_cast<char>(c);
  const auto lead = static_cast<unsigned char>(pending_.front());
  const std::size_t length = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (pending_.size() < length) return c;
  const char32_t point = code_point(pending_);
  if (point != U'\n' && steers_terminal(point)) {
    std::array<char, 8> escaped{};
    std::snprintf(escaped.data(), escaped.size(), "\\u%04x", static_cast<unsigned>(point));
    out_ << escaped.data();
  } else {
    out_ << pending_;
  }
  pending_.clear();
  return out_ ? c : traits_type::eof();
}

int JsonGuard::sync() {
  out_.flush();
  return out_ ? 0 : -1;
}

}  // namespace troth::ctl
