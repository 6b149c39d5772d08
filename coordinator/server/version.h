// coordinator/server/version.h: texts that the build puts into the program.
#pragma once

#include <string_view>

namespace troth::server {

std::string_view version();
/// The text of openapi.yaml.
std::string_view openapi_text();

}  // namespace troth::server
