// coordinator/server/handlers.h: from calls to the engine's questions. Pure functions: the answer to the same call is
// the same question. Checks in the order of api.md: syntax, id, fields; what follows (existence, state) is the
// engine's.
#pragma once

#include "coordinator/server/routes.h"

namespace troth::server::handlers {

Result begin(const Call& call);
Result list(const Call& call);
Result get(const Call& call);
Result enlist(const Call& call);
Result commit(const Call& call);
Result abort(const Call& call);
Result decision(const Call& call);
Result resolve(const Call& call);
Result resolve_gap(const Call& call);
Result retry(const Call& call);

Result list_participants(const Call& call);
Result register_participant(const Call& call);
Result get_participant(const Call& call);
Result remove_participant(const Call& call);
Result retire_participant(const Call& call);

Result outcomes(const Call& call);
Result backup(const Call& call);

Result limits(const Call& call);
Result metrics(const Call& call);
Result live(const Call& call);
Result ready(const Call& call);
Result openapi(const Call& call);
Result upgrade_required(const Call& call);

}  // namespace troth::server::handlers
