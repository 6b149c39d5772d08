// proto/codec/describe_client.h: the messages of proto/troth/v1/client.proto; requests and answers are those of the
// API.
#pragma once

#include "proto/codec/describe_api.h"
#include "proto/values/client_messages.h"

namespace troth::codec {

template <class A>
void describe(A& a, Ref<A, request::Begin> v) {
  describe_begin(a, v);
  a.field(7, "traceparent", v.traceparent);
}

template <class A>
void describe(A& a, Ref<A, request::Enlist> v) {
  a.required(1, "transaction", v.id);
  a.required(2, "branch", v.branch);
}

template <class A>
void describe(A& a, Ref<A, request::Commit> v) {
  a.field(1, "wait", v.wait);
  a.field(2, "branchCount", v.branch_count);
  a.required(3, "transaction", v.id);
}

template <class A>
void describe(A& a, Ref<A, request::Abort> v) {
  a.field(1, "reason", v.reason);
  a.required(2, "transaction", v.id);
}

template <class A>
void describe(A& a, Ref<A, request::Get> v) {
  a.required(1, "transaction", v.id);
  a.field(2, "waitForRevision", v.wait_for_revision);
}

template <class A>
void describe(A& a, Ref<A, answer::Transaction> v) {
  a.plain(1, "status", v.status);
  a.required(2, "transaction", v.view);
}

template <class A>
void describe(A& a, Ref<A, answer::Branch> v) {
  a.plain(1, "status", v.status);
  a.required(2, "transaction", v.transaction);
  a.required(3, "branch", v.view);
}

template <class A>
void describe(A& a, Ref<A, client_session::ClientHello> v) {
  a.bytes(1, "session", v.session);
  a.plain(2, "protocol", v.protocol);
}

template <class A>
void describe(A& a, Ref<A, client_session::ClientWelcome> v) {
  a.field(1, "logId", v.log);
  describe_epoch(a, 2, v.epoch);
  a.required(4, "horizon", v.horizon);
  a.field(5, "window", v.window);
}

inline constexpr std::uint32_t kFirstBody = 10;

template <class A>
void describe(A& a, Ref<A, client_session::Request> v) {
  a.field(1, "sequence", v.sequence);
  describe_epoch(a, 2, v.first_epoch);
  a.field(4, "ackedBelow", v.acked_below);
  a.one_of(kFirstBody, v.body);
}

template <class A>
void describe(A& a, Ref<A, client_session::Reply> v) {
  a.field(1, "sequence", v.sequence);
  a.one_of(kFirstBody, v.answer);
}

inline constexpr std::uint32_t kClientMessages = 2;

template <class A>
void describe(A& a, Ref<A, client_session::FromClient> v) {
  a.field(1, "hello", v.hello);
  a.list(kClientMessages, "requests", v.requests);
}

template <class A>
void describe(A& a, Ref<A, client_session::ToClient> v) {
  a.field(1, "welcome", v.welcome);
  a.list(kClientMessages, "replies", v.replies);
}

}  // namespace troth::codec
