// proto/transport/url.h: `scheme://host[:port][/path]`, all that the clients of this folder dial.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace troth::transport {

struct Url {
  std::string host;  // without brackets
  std::uint16_t port = 0;
  std::string authority;  // for the Host header
  std::string target;     // origin form, at least "/"
};

/// Nothing when the scheme is another, or there is user information, a fragment or no host. Port 80 when none is named.
std::optional<Url> parse_url(std::string_view text, std::string_view scheme);

}  // namespace troth::transport
