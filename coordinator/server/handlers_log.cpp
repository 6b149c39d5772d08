// What is asked of the log as a whole.
#include "coordinator/server/handlers.h"
#include "coordinator/server/parse_call.h"

namespace troth::server::handlers {

Result backup(const Call& call) {
  const auto parameters = parameters_of(call, {});
  if (const auto* problem = std::get_if<Problem>(&parameters)) return *problem;
  return Local::kBackup;
}

}  // namespace troth::server::handlers
