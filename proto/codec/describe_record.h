// proto/codec/describe_record.h: the facts of proto/troth/v1/record.proto. What is written here is read for years: a
// number is never reused, a field is only added.
#pragma once

#include "proto/codec/describe_ids.h"
#include "proto/values/facts.h"

namespace troth::codec {

template <class A>
void describe(A& a, Ref<A, DecidedBranch> v) {
  a.field(1, "n", v.n);
  a.field(2, "participant", v.participant);
  a.field(3, "instance", v.instance);
  a.field(4, "key", v.key);
  a.field(5, "endpoint", v.endpoint);
  a.required(6, "routing", v.routing);
  a.field(7, "readOnly", v.read_only);
}

template <class A>
void describe(A& a, Ref<A, RequestOrigin> v) {
  a.field(1, "key", v.key);
  a.bytes(2, "requestHash", v.request_hash);
  a.bytes(3, "clientSession", v.client_session);
  a.field(4, "sequence", v.sequence);
  a.field(5, "ackedBelow", v.acked_below);
}

template <class A>
void describe(A& a, Ref<A, fact::EpochStarted> v) {
  describe_epoch(a, 1, v.epoch);
  a.field(3, "firstLsn", v.first_lsn);
  a.field(4, "at", v.at);
}

template <class A>
void describe(A& a, Ref<A, fact::PrepareStarted> v) {
  a.required(1, "transaction", v.id);
  a.list(2, "branches", v.branches);
  a.field(3, "origin", v.origin);
  a.field(4, "label", v.label);
  a.field(5, "traceparent", v.traceparent);
  a.field(6, "begunAt", v.begun_at);
}

template <class A>
void describe(A& a, Ref<A, fact::OnePhaseStarted> v) {
  a.required(1, "transaction", v.id);
  a.required(2, "branch", v.branch);
  a.field(3, "origin", v.origin);
  a.field(4, "label", v.label);
  a.field(5, "traceparent", v.traceparent);
  a.field(6, "begunAt", v.begun_at);
}

template <class A>
void describe(A& a, Ref<A, fact::CommitDecided> v) {
  a.required(1, "transaction", v.id);
  a.list(2, "branches", v.branches);
  a.field(3, "origin", v.origin);
  a.field(4, "label", v.label);
  a.field(5, "traceparent", v.traceparent);
  a.field(6, "begunAt", v.begun_at);
  a.field(7, "decidedAt", v.decided_at);
  a.field(8, "lsn", v.lsn);
  a.field(9, "onePhase", v.one_phase);
}

template <class A>
void describe(A& a, Ref<A, fact::AbortTold> v) {
  a.required(1, "transaction", v.id);
  a.field(2, "origin", v.origin);
  a.required(3, "reason", v.reason);
  a.field(4, "label", v.label);
  a.field(5, "begunAt", v.begun_at);
  a.field(6, "decidedAt", v.decided_at);
  a.field(7, "traceparent", v.traceparent);
}

template <class A>
void describe(A& a, Ref<A, fact::Ended> v) {
  a.list(1, "transactions", v.ids);
}

template <class A>
void describe(A& a, Ref<A, fact::GapOpened> v) {
  describe_epoch(a, 1, v.from);
  describe_epoch(a, 3, v.to);
  a.field(5, "at", v.at);
}

template <class A>
void describe(A& a, Ref<A, fact::Checkpoint> v) {
  a.field(1, "cut", v.cut);
}

template <class A>
void describe(A& a, Ref<A, fact::HeuristicReported> v) {
  describe_branch(a, v.branch);
  a.field(3, "participant", v.participant);
  a.required(4, "kind", v.kind);
  a.field(5, "detail", v.detail);
  a.field(6, "at", v.at);
}

template <class A>
void describe(A& a, Ref<A, fact::OperatorActed> v) {
  a.required(1, "transaction", v.branch.transaction);
  a.field(2, "n", v.branch.n);  // 0: the act is on a whole gap id
  a.required(3, "act", v.act);
  a.field(4, "actor", v.actor);
  a.field(5, "reason", v.reason);
  a.required(6, "heuristic", v.heuristic);
  a.field(7, "contradicts", v.contradicts);
  a.field(8, "at", v.at);
}

template <class A>
void describe(A& a, Ref<A, fact::ParticipantRegistered> v) {
  a.field(1, "name", v.name);
  a.required(2, "kind", v.kind);
  a.field(3, "url", v.url);
  a.bytes(4, "secret", v.secret);
  a.field(5, "concurrency", v.concurrency);
  a.field(6, "timeoutMs", v.timeout_ms);
  a.field(7, "at", v.at);
}

template <class A>
void describe(A& a, Ref<A, fact::ParticipantChanged> v) {
  a.field(1, "name", v.name);
  a.field(2, "retired", v.retired);
  a.field(3, "url", v.url);
  a.field(4, "reason", v.reason);
  a.field(5, "at", v.at);
}

template <class A>
void describe(A& a, Ref<A, fact::ParticipantRemoved> v) {
  a.field(1, "name", v.name);
  a.field(2, "at", v.at);
}

template <class A>
void describe(A& a, Ref<A, fact::Horizon> v) {
  a.required(1, "transaction", v.id);
}

template <class A>
void describe(A& a, Ref<A, fact::CommitBits> v) {
  describe_epoch(a, 1, v.epoch);
  a.field(3, "first", v.first);
  a.bytes(4, "bits", v.bits);
}

template <class A>
void describe(A& a, Ref<A, fact::ClientWindow::Told> v) {
  a.field(1, "sequence", v.sequence);
  a.required(2, "transaction", v.id);
}

template <class A>
void describe(A& a, Ref<A, fact::ClientWindow> v) {
  a.bytes(1, "clientSession", v.client_session);
  a.field(2, "ackedBelow", v.acked_below);
  a.list(3, "committed", v.committed);
}

template <class A>
void describe(A& a, Ref<A, fact::Mark> v) {
  a.required(1, "transaction", v.id);
  a.field(2, "lsn", v.lsn);
  a.field(3, "at", v.at);
}

}  // namespace troth::codec
