// coordinator/engine/fingerprint.h: a short stand-in for content that is only compared for equality.
#pragma once

#include <string>
#include <string_view>

namespace troth::engine {

/// XXH3-128 of `content`, 16 bytes.
std::string fingerprint(std::string_view content);

}  // namespace troth::engine
