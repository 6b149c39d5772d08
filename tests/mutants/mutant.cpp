#include "tests/mutants/mutant.h"

namespace troth::mutant {

bool set(std::string_view name) {
  for (const Info& info : all()) {
    if (info.name != name) continue;
    active = info.id;
    return true;
  }
  return false;
}

}  // namespace troth::mutant
