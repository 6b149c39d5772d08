#include "coordinator/engine/fingerprint.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace troth::engine {

std::string fingerprint(std::string_view content) {
  XXH128_canonical_t bytes;
  XXH128_canonicalFromHash(&bytes, XXH3_128bits(content.data(), content.size()));
  return {reinterpret_cast<const char*>(bytes.digest), sizeof bytes.digest};
}

}  // namespace troth::engine
