// proto/codec/describe_session.h: the messages of proto/troth/v1/session.proto.
#pragma once

#include "proto/codec/describe_ids.h"
#include "proto/values/messages.h"

namespace troth::codec {

template <class A>
void describe(A& a, Ref<A, session::Seen> v) {
  a.field(1, "logId", v.log);
  describe_epoch(a, 2, v.epoch);
  a.field(4, "lsn", v.lsn);
}

template <class A>
void describe(A& a, Ref<A, session::Hello> v) {
  a.plain(1, "protocolMin", v.protocol_min);
  a.plain(2, "protocolMax", v.protocol_max);
  a.field(3, "participant", v.participant);
  a.field(4, "instance", v.instance);
  a.bytes(5, "incarnation", v.incarnation);
  a.required(6, "routing", v.routing);
  a.list(7, "capabilities", v.capabilities);
  a.bytes(8, "credentials", v.credentials);
  a.list(9, "seen", v.seen);
  a.field(10, "window", v.window);
}

template <class A>
void describe(A& a, Ref<A, session::Welcome> v) {
  a.plain(1, "protocol", v.protocol);
  a.field(2, "logId", v.log);
  a.field(3, "shard", v.shard);
  describe_epoch(a, 4, v.epoch);
  a.required(6, "horizon", v.horizon);
  a.field(7, "window", v.window);
  a.field(8, "maxFrameBytes", v.max_frame_bytes);
  a.field(9, "maxMessages", v.max_messages);
  a.field(10, "maxPayloadBytes", v.max_payload_bytes);
  a.field(11, "pingMs", v.ping_ms);
  a.field(12, "version", v.version);
}

template <class A>
void describe(A& a, Ref<A, session::Recover> v) {
  a.list(1, "branches", v.branches);
  a.plain(2, "last", v.last);
}

template <class A, class P>
void describe_prepare(A& a, P& v) {
  describe_branch(a, v.branch);
  a.payload_bytes(3, "payload", v.payload);
  a.required(4, "payloadType", v.payload_type);
  a.field(5, "joined", v.joined);
  a.field(6, "deadlineInMs", v.deadline_in_ms);
  a.plain(7, "attempt", v.attempt);
  a.field(8, "traceparent", v.traceparent);
}

template <class A>
void describe(A& a, Ref<A, session::Prepare> v) {
  describe_prepare(a, v);
}

template <class A>
void describe(A& a, Ref<A, session::CommitOnePhase> v) {
  describe_prepare(a, v);
}

template <class A>
void describe(A& a, Ref<A, session::Vote> v) {
  describe_branch(a, v.branch);
  a.required(3, "vote", v.vote);
  a.note(4, "reason", v.reason);
}

template <class A>
void describe(A& a, Ref<A, session::Commit> v) {
  describe_branch(a, v.branch);
  a.field(3, "lsn", v.lsn);
  a.plain(4, "attempt", v.attempt);
}

template <class A>
void describe(A& a, Ref<A, session::Abort> v) {
  describe_branch(a, v.branch);
  a.plain(3, "attempt", v.attempt);
}

template <class A>
void describe(A& a, Ref<A, session::Ack> v) {
  describe_branch(a, v.branch);
  a.required(3, "result", v.result);
}

template <class A>
void describe(A& a, Ref<A, session::Inquire> v) {
  describe_branch(a, v.branch);
}

template <class A>
void describe(A& a, Ref<A, session::Decision> v) {
  describe_branch(a, v.branch);
  a.required(3, "decision", v.decision);
}

template <class A>
void describe(A& a, Ref<A, session::Enlist> v) {
  a.required(1, "transaction", v.transaction);
  a.field(2, "key", v.key);
}

/// The branch is of the transaction asked for; n = 0 when refused.
template <class A>
void describe(A& a, Ref<A, session::Enlisted> v) {
  a.required(1, "transaction", v.transaction);
  a.field(2, "key", v.key);
  a.field(3, "n", v.branch.n);
  a.field(4, "deadlineInMs", v.deadline_in_ms);
  a.field(5, "problem", v.problem);
  if constexpr (A::kReading) v.branch.transaction = v.transaction;
}

template <class A>
void describe(A& a, Ref<A, session::Forget> v) {
  a.list(1, "branches", v.branches);
  a.required(2, "horizon", v.horizon);
}

template <class A>
void describe(A& a, Ref<A, session::Credit> v) {
  a.field(1, "messages", v.messages);
}

template <class A>
void describe(A& a, Ref<A, session::Goodbye> v) {
  a.note(1, "reason", v.reason);
}

/// The kind of a message is its index in the variant + 1: new kinds are added at the end.
template <class A>
void describe(A& a, Ref<A, session::Message> v) {
  a.one_of(1, v);
}

inline constexpr std::uint32_t kFrameMessages = 3;

template <class A>
void describe(A& a, Ref<A, session::Frame> v) {
  a.field(1, "logId", v.log);
  a.field(2, "epoch", v.epoch);
  a.list(kFrameMessages, "messages", v.messages);
}

}  // namespace troth::codec
