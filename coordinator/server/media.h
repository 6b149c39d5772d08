// coordinator/server/media.h: content types, and what an Accept header allows. Pure functions.
#pragma once

#include <cstdint>
#include <string_view>

namespace troth::server {

/// What a route speaks. kJson routes also speak Protobuf.
enum class Media : std::uint8_t { kJson, kProtobuf, kText, kYaml, kBytes, kEvents };

std::string_view content_type(Media media);

/// The media type of a Content-Type header, without its parameters, in lower case compared with `type`.
bool is_type(std::string_view header, std::string_view type);

/// The weight that an Accept header gives to `type` ("application/json"): the most specific range decides, 0 to 1000.
/// An empty header accepts everything.
int accept_weight(std::string_view accept, std::string_view type);

}  // namespace troth::server
