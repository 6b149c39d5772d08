#include "proto/transport/url.h"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace troth::transport {

std::optional<Url> parse_url(std::string_view text, std::string_view scheme) {
  const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
  if (!parsed) return std::nullopt;
  const boost::urls::url_view& view = *parsed;
  const auto as_view = [](auto part) { return std::string_view(part.data(), part.size()); };
  if (as_view(view.scheme()) != scheme || view.has_userinfo() || view.has_fragment()) return std::nullopt;
  Url url;
  url.host = view.host_address();
  url.port = view.has_port() ? view.port_number() : 80;
  url.authority = as_view(view.encoded_host_and_port());
  url.target = as_view(view.encoded_target());
  if (url.target.empty() || url.target.front() != '/') url.target.insert(0, "/");
  if (url.host.empty() || url.port == 0) return std::nullopt;
  return url;
}

}  // namespace troth::transport
