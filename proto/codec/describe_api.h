// proto/codec/describe_api.h: the messages of proto/troth/v1/api.proto, which are also the JSON of the API: the names
// here are the fields of api.md, in its order.
#pragma once

#include "proto/codec/api_json.h"
#include "proto/codec/describe_ids.h"
#include "proto/codec/enums.h"
#include "proto/values/answers.h"
#include "proto/values/limits.h"
#include "proto/values/outcomes.h"

namespace troth::codec {

/// The body of POST /v1/transactions. Over HTTP the traceparent is a header, over a client session a field of the body.
struct HttpBegin {
  request::Begin begin;
};

template <class A>
void describe(A& a, Ref<A, request::NewBranch> v) {
  a.required(1, "participant", v.participant);
  a.field(2, "key", v.key);
  a.payload(3, 4, v);
}

template <class A, class B>
void describe_begin(A& a, B& v) {
  a.name(1, "label", v.label);
  a.field(2, "timeoutMs", v.timeout_ms);
  a.field(3, "wait", v.wait);
  a.field(4, "onePhase", v.one_phase);
  a.branches(5, "branches", v.branches);
  a.field(6, "commit", v.commit);
}

template <class A>
void describe(A& a, Ref<A, HttpBegin> v) {
  describe_begin(a, v.begin);
}

template <class A>
void describe(A& a, Ref<A, CommitBody> v) {
  a.field(1, "wait", v.wait);
  a.field(2, "branchCount", v.branch_count);
}

template <class A>
void describe(A& a, Ref<A, AbortBody> v) {
  a.field(1, "reason", v.reason);
}

template <class A>
void describe(A& a, Ref<A, ResolveBody> v) {
  a.required(1, "action", v.action);
  a.required(2, "reason", v.reason);
  a.field(3, "heuristic", v.heuristic);
  a.field(4, "dryRun", v.dry_run);
  a.field(5, "actor", v.actor);
}

template <class A>
void describe(A& a, Ref<A, ResolveGapBody> v) {
  a.required(1, "outcome", v.outcome);
  a.required(2, "reason", v.reason);
  a.field(3, "actor", v.actor);
}

template <class A>
void describe(A& a, Ref<A, RegisterBody> v) {
  auto kind = ParticipantKind::kCallback;
  a.required(1, "name", v.name);
  a.required(2, "kind", kind);
  a.required(3, "url", v.url);
  a.field(4, "concurrency", v.concurrency);
  a.field(5, "timeoutMs", v.timeout_ms);
  if constexpr (A::kReading) {
    if (kind != ParticipantKind::kCallback) {
      a.refuse("kind",
               "Only callback participants are registered here; a session participant registers by connecting.");
    }
  }
}

template <class A>
void describe(A& a, Ref<A, RetireBody> v) {
  a.required(1, "reason", v.reason);
  a.field(2, "dryRun", v.dry_run);
}

template <class A>
void describe(A& a, Ref<A, ErrorView> v) {
  a.field(1, "code", v.code);
  a.field(2, "detail", v.detail);
  a.time(3, "at", v.at);
}

template <class A>
void describe(A& a, Ref<A, BranchView> v) {
  a.field(1, "n", v.n);
  a.field(2, "participant", v.participant);
  a.field(3, "key", v.key);
  a.field(4, "instance", v.instance);
  a.field(5, "connected", v.connected);
  a.required(6, "state", v.state);
  a.field(7, "vote", v.vote);
  a.field(8, "voteReason", v.vote_reason);
  a.field(9, "inDoubt", v.in_doubt);
  a.field(10, "heuristic", v.heuristic);
  a.field(11, "attempts", v.attempts);
  a.field(12, "lastError", v.last_error);
  a.time(13, "nextAttemptAt", v.next_attempt_at);
  a.field(14, "waitingFor", v.waiting_for);
}

template <class A>
void describe(A& a, Ref<A, TimelineView> v) {
  a.time(1, "at", v.at);
  a.field(2, "what", v.what);
  a.field(3, "branch", v.branch);
  a.field(4, "detail", v.detail);
}

template <class A>
void describe(A& a, Ref<A, AllowedAction> v) {
  a.field(1, "action", v.action);
  a.field(2, "effect", v.effect);
  a.field(3, "risk", v.risk);
  a.field(4, "blockedBecause", v.blocked_because);
}

template <class A>
void describe(A& a, Ref<A, TransactionView> v) {
  auto effects = v.effects_none ? Effects::kNone : Effects::kSome;
  auto epoch = v.id.epoch.epoch;  // shown beside the id; the id is what is read
  a.required(1, "id", v.id);
  a.field(2, "label", v.label);
  a.required(3, "phase", v.phase);
  a.field(4, "outcome", v.outcome);
  a.field(5, "effects", effects);
  a.field(6, "heuristic", v.heuristic);
  a.field(7, "abortReason", v.abort_reason);
  a.field(8, "attention", v.attention);
  a.field(9, "epoch", epoch);
  a.field(10, "lsn", v.lsn);
  a.field(11, "revision", v.revision);
  a.field(12, "timeoutMs", v.timeout_ms);
  a.time(13, "begunAt", v.begun_at);
  a.time(14, "deadlineAt", v.deadline_at);
  a.time(15, "decidedAt", v.decided_at);
  a.time(16, "finishedAt", v.finished_at);
  a.field(17, "traceparent", v.traceparent);
  a.list(18, "branches", v.branches);
  if (a.details()) {
    a.list(19, "timeline", v.timeline);
    a.list(20, "allowedActions", v.allowed_actions);
  }
  if constexpr (A::kReading) v.effects_none = effects == Effects::kNone;
}

template <class A>
void describe(A& a, Ref<A, InstanceView> v) {
  a.field(1, "id", v.id);
  a.field(2, "remote", v.remote);
  a.time(3, "connectedAt", v.connected_at);
  a.plain(4, "protocol", v.protocol);
  a.field(5, "queued", v.queued);
  a.field(6, "inFlight", v.in_flight);
}

template <class A>
void describe(A& a, Ref<A, ParticipantView> v) {
  a.field(1, "name", v.name);
  a.required(2, "kind", v.kind);
  a.required(3, "routing", v.routing);
  a.field(4, "url", v.url);
  a.required(5, "state", v.state);
  a.list(6, "instances", v.instances);
  a.field(7, "liveBranches", v.live_branches);
  a.field(8, "inDoubtBranches", v.in_doubt_branches);
  a.field(9, "oldestInDoubtMs", v.oldest_in_doubt_ms);
  a.field(10, "hazards", v.hazards);
  a.time(11, "registeredAt", v.registered_at);
  a.time(12, "lastSeenAt", v.last_seen_at);
  a.field(13, "lastError", v.last_error);
}

template <class A>
void describe(A& a, Ref<A, DecisionView> v) {
  a.field(1, "logId", v.log);
  a.field(2, "epoch", v.epoch);
  a.required(3, "transaction", v.branch.transaction);
  a.field(4, "branch", v.branch.n);
  a.required(5, "decision", v.decision);
}

/// An event of GET /v1/outcomes; JSON only.
template <class A>
void describe(A& a, const OutcomeView& v) {
  a.field(1, "transaction", v.transaction);
  a.field(2, "outcome", v.outcome);
  a.field(3, "heuristic", v.heuristic);
  a.field(4, "branch", v.branch);
  a.field(5, "lsn", v.lsn);
  a.field(6, "label", v.label);
  a.time(7, "at", v.at);
}

template <class A>
void describe(A& a, const answer::Transactions& v) {
  std::optional<std::string> next;
  if (v.next) next = page_token(*v.next);
  a.list(1, "transactions", v.views);
  a.field(2, "nextPageToken", next);
}

template <class A>
void describe(A& a, const answer::Participants& v) {
  a.list(1, "participants", v.views);
}

template <class A>
void describe(A& a, const answer::DryRun& v) {
  a.list(1, "wouldChange", v.would_change);
  a.list(2, "warnings", v.warnings);
}

inline constexpr std::string_view kProblemType = "urn:troth:problem:";

inline std::optional<Outcome> outcome_of(const answer::Refused& refused) {
  if (refused.transaction && refused.transaction->outcome) return refused.transaction->outcome;
  if (refused.problem.slug == Slug::kAborted) return Outcome::kAborted;
  if (refused.problem.slug == Slug::kCommitted) return Outcome::kCommitted;
  return std::nullopt;
}

/// The members up to `outcome`; title, status, retryable and outcome follow from the slug and the transaction.
template <class A, class R>
void describe_problem(A& a, R& v, std::optional<std::string> instance) {
  const auto& row = info(v.problem.slug);
  std::string type(kProblemType);
  type += row.text;
  std::string title(row.title);
  auto status = static_cast<std::uint32_t>(row.status);
  auto retryable = row.retryable;
  auto pointer = v.problem.pointer.empty() ? std::nullopt : std::optional(v.problem.pointer);
  auto outcome = outcome_of(v);
  a.required(1, "type", type);
  a.field(2, "title", title);
  a.field(3, "status", status);
  a.field(4, "detail", v.problem.detail);
  a.field(5, "instance", instance);
  a.field(6, "pointer", pointer);
  a.field(7, "retryable", retryable);
  a.field(8, "outcome", outcome);
  if constexpr (A::kReading) {
    // A slug of a newer coordinator: refused all the same, with its own words in `detail`.
    const bool ours = type.starts_with(kProblemType);
    v.problem.slug = (ours ? parse_slug(type.substr(kProblemType.size())) : std::nullopt).value_or(Slug::kBadRequest);
    v.problem.pointer = pointer.value_or("");
  }
}

template <class A>
void describe(A& a, Ref<A, answer::Refused> v) {
  describe_problem(a, v, std::nullopt);
  if (!A::kJson || v.transaction) {
    auto reason = v.transaction ? v.transaction->abort_reason : std::nullopt;
    a.field(9, "abortReason", reason);
    a.field(10, "transaction", v.transaction);
  }
}

/// A problem as HTTP shows it: with the path of the request.
struct RefusedAt {
  const answer::Refused& refused;
  std::string_view instance;
};

template <class A>
void describe(A& a, const RefusedAt& v) {
  describe_problem(a, v.refused, std::string(v.instance));
  if (!A::kJson || v.refused.transaction) {
    auto reason = v.refused.transaction ? v.refused.transaction->abort_reason : std::nullopt;
    a.field(9, "abortReason", reason);
    a.field(10, "transaction", v.refused.transaction);
  }
}

template <class A>
void describe(A& a, const Limits& v) {
  a.field(1, "defaultTimeoutMs", v.default_timeout_ms);
  a.field(2, "maxTimeoutMs", v.max_timeout_ms);
  a.field(3, "maxWaitMs", v.max_wait_ms);
  a.field(4, "prepareRetryMsMin", v.prepare_retry_ms_min);
  a.field(5, "prepareRetryMsMax", v.prepare_retry_ms_max);
  a.field(6, "deliverRetryMsMin", v.deliver_retry_ms_min);
  a.field(7, "deliverRetryMsMax", v.deliver_retry_ms_max);
  a.field(8, "retainMs", v.retain_ms);
  a.field(9, "retainCount", v.retain_count);
  a.field(10, "detailMs", v.detail_ms);
  a.field(11, "detailCount", v.detail_count);
  a.field(12, "keyRetainMs", v.key_retain_ms);
  a.field(13, "drainMs", v.drain_ms);
  a.field(14, "headerTimeoutMs", v.header_timeout_ms);
  a.field(15, "bodyTimeoutMs", v.body_timeout_ms);
  a.field(16, "idleTimeoutMs", v.idle_timeout_ms);
  a.field(17, "maxLive", v.max_live);
  a.field(18, "maxUnsettled", v.max_unsettled);
  a.field(19, "maxBranches", v.max_branches);
  a.field(20, "maxPayloadBytes", v.max_payload_bytes);
  a.field(21, "maxBodyBytes", v.max_body_bytes);
  a.field(22, "maxFrameBytes", v.max_frame_bytes);
  a.field(23, "maxHeaderBytes", v.max_header_bytes);
  a.field(24, "maxConnections", v.max_connections);
  a.field(25, "maxParticipants", v.max_participants);
  a.field(26, "maxQueue", v.max_queue);
  a.field(27, "maxCallbacks", v.max_callbacks);
  a.field(28, "ballastBytes", v.ballast_bytes);
  a.field(29, "compactRecords", v.compact_records);
}

}  // namespace troth::codec
