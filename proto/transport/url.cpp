#include "proto/transport/url.h"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

namespace troth::transport {

std::optional<Url> parse_url(std::string_view text, std::string_view scheme) {
  const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
  if (!parsed) return std::nullopt;
  const boost::urls::url_view& view = *parsed;
  const auto as_view = [](auto part) { return std::string_view(part.data(), part.size()); };
  if (as_view(view.scheme()) != scheme || view.has_userinfo() || view.has_fragment()) return std::nullopt;
  Url url;
  url.host = view.host_address();
  url.port = 80;
  if (view.has_port()) {
    const std::string_view digits = as_view(view.port());
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), url.port);
    if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  }
  url.authority = as_view(view.encoded_host_and_port());
  url.target = as_view(view.encoded_target());
  if (url.target.empty() || url.target.front() != '/') url.target.insert(0, "/");
  if (url.host.empty() || url.port == 0) return std::nullopt;
  return url;
}

}  // namespace troth::transport
