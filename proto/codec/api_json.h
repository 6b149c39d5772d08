// proto/codec/api_json.h: the HTTP API's JSON, both ways. Readers are strict: a field that is unknown, duplicated, of
// the wrong type or out of range is refused with a JSON pointer; absent optional fields take the defaults of api.md.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "proto/values/answers.h"
#include "proto/values/limits.h"
#include "proto/values/outcomes.h"
#include "proto/values/requests.h"

namespace troth::codec {

template <class T>
using Parsed = std::variant<T, Problem>;

/// Body of POST /v1/transactions; an empty body is `{}`. `origin.request_hash` is set to a hash (XXH3-128, 16 bytes) of
/// the parsed content, so that key repeats compare content, not spelling; `origin.key` is the caller's to set.
Parsed<request::Begin> read_begin(std::string_view body, const Limits& limits);
Parsed<request::NewBranch> read_branch(std::string_view body, const Limits& limits);

struct CommitBody {
  Wait wait = Wait::kDecided;
  std::optional<std::uint32_t> branch_count;
};
Parsed<CommitBody> read_commit(std::string_view body, const Limits& limits);

struct AbortBody {
  std::string reason;
};
Parsed<AbortBody> read_abort(std::string_view body);

struct ResolveBody {
  ResolveAction action = ResolveAction::kForget;
  std::string reason;
  std::string actor;
  bool heuristic = false;
  bool dry_run = false;
};
Parsed<ResolveBody> read_resolve(std::string_view body);

struct ResolveGapBody {
  Outcome outcome = Outcome::kAborted;
  std::string reason;
  std::string actor;
};
Parsed<ResolveGapBody> read_resolve_gap(std::string_view body);

struct RegisterBody {  // kind must be "callback"
  std::string name;
  std::string url;
  std::uint32_t concurrency = 16;
  std::uint32_t timeout_ms = 3000;
};
Parsed<RegisterBody> read_register(std::string_view body);

struct RetireBody {
  std::string reason;
  bool dry_run = false;
};
Parsed<RetireBody> read_retire(std::string_view body);

std::string write_json(const TransactionView& view, bool with_details = true);  // false: as in lists
std::string write_json(const BranchView& view);
std::string write_json(const ParticipantView& view);
std::string write_json(const DecisionView& view);
std::string write_json(const answer::Transactions& page);
std::string write_json(const answer::Participants& all);
std::string write_json(const answer::DryRun& run);
std::string write_json(const Limits& limits);
std::string write_json(const OutcomeView& view);
/// application/problem+json; `instance` is the request path; `outcome` and `transaction` members when known.
std::string write_json(const answer::Refused& refused, std::string_view instance);

/// A page token: opaque to clients, the id of the last row.
std::string page_token(const TransactionId& last);
std::optional<TransactionId> parse_page_token(std::string_view token);

/// RFC 3339 UTC with milliseconds.
std::string rfc3339(Millis at);

}  // namespace troth::codec
