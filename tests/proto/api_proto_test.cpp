#include "proto/codec/api_proto.h"

#include <gtest/gtest.h>
#include <troth/v1/api.pb.h>

namespace troth::codec {
namespace {

template <class T>
std::string verdict(const Parsed<T>& parsed) {
  const auto* problem = std::get_if<Problem>(&parsed);
  return problem == nullptr ? "ok" : std::string(info(problem->slug).text) + " " + problem->pointer;
}

v1::BeginRequest sample_begin() {
  v1::BeginRequest begin;
  begin.set_label("a");
  begin.set_timeout_ms(5000);
  begin.set_commit(true);
  auto* branch = begin.add_branches();
  branch->set_participant("p");
  branch->set_payload_json(" { \"x\" : 1 } ");
  begin.add_branches()->set_participant("q");
  begin.mutable_branches(1)->set_payload_bytes(std::string("\0\xff", 2));
  return begin;
}

TEST(ProtoBodies, TheSameRequestAsInJson) {
  const auto proto = read_begin_proto(sample_begin().SerializeAsString(), Limits{});
  const auto json = read_begin(R"({"label":"a","timeoutMs":5000,"commit":true,
      "branches":[{"participant":"p","payload":{"x":1}},{"participant":"q","payloadBase64":"AP8="}]})",
                               Limits{});
  ASSERT_EQ(verdict(proto), "ok");
  ASSERT_EQ(verdict(json), "ok");
  const auto& a = std::get<request::Begin>(proto);
  const auto& b = std::get<request::Begin>(json);
  EXPECT_EQ(a.origin.request_hash, b.origin.request_hash);
  EXPECT_EQ(a.branches[0].payload, b.branches[0].payload);
  EXPECT_EQ(a.branches[1].payload, b.branches[1].payload);
  EXPECT_EQ(a.timeout_ms, b.timeout_ms);
  EXPECT_EQ(a.commit, b.commit);
}

TEST(ProtoBodies, TheSameChecksAsInJson) {
  Limits limits;
  limits.max_branches = 2;
  limits.max_payload_bytes = 13;
  auto verdict_of = [&](auto change) {
    auto begin = sample_begin();
    change(begin);
    return verdict(read_begin_proto(begin.SerializeAsString(), limits));
  };
  EXPECT_EQ(verdict_of([](auto&) {}), "ok");
  EXPECT_EQ(verdict_of([](auto& b) { b.set_label("a\n"); }), "bad-field /label");
  EXPECT_EQ(verdict_of([](auto& b) { b.set_timeout_ms(0); }), "bad-field /timeoutMs");
  EXPECT_EQ(verdict_of([](auto& b) { b.set_timeout_ms(-1); }), "bad-field /timeoutMs");
  EXPECT_EQ(verdict_of([](auto& b) { b.set_wait(static_cast<v1::Wait>(7)); }), "bad-field /wait");
  EXPECT_EQ(verdict_of([](auto& b) { b.mutable_branches(1)->set_participant("Q"); }),
            "bad-field /branches/1/participant");
  EXPECT_EQ(verdict_of([](auto& b) { b.mutable_branches(0)->clear_participant(); }),
            "bad-field /branches/0/participant");
  EXPECT_EQ(verdict_of([](auto& b) { b.mutable_branches(0)->set_payload_json("{"); }),
            "bad-field /branches/0/payloadJson");
  EXPECT_EQ(verdict_of([](auto& b) { b.mutable_branches(1)->set_payload_bytes(std::string(14, 'x')); }),
            "too-large /branches/1/payloadBytes");
  EXPECT_EQ(verdict_of([](auto& b) { b.add_branches()->set_participant("r"); }), "too-many-branches /branches");
  EXPECT_EQ(verdict_of([](auto& b) { b.set_traceparent("00-x"); }), "bad-protobuf /7");
}

TEST(ProtoBodies, MalformedBytesAreBadProtobuf) {
  auto begin = [](const char* bytes, std::size_t size) {
    return verdict(read_begin_proto(std::string_view(bytes, size), Limits{}));
  };
  EXPECT_EQ(begin("", 0), "ok");
  EXPECT_EQ(begin("\x0a\x05", 2), "bad-protobuf ");                                       // ends too early
  EXPECT_EQ(begin("\x0a\x01\xff", 3), "bad-protobuf /label");                             // not UTF-8
  EXPECT_EQ(begin("\x0a\x01xx", 4), "bad-protobuf ");                                     // a stray byte
  EXPECT_EQ(begin("\x0a\x01x\x0a\x01y", 6), "bad-protobuf /label");                       // twice
  EXPECT_EQ(begin("\x0a\x00", 2), "bad-field /label");                                    // empty
  EXPECT_EQ(begin("\x08\x01", 2), "bad-protobuf /label");                                 // another wire type
  EXPECT_EQ(begin("\x03\x01\x04", 3), "bad-protobuf ");                                   // a group
  EXPECT_EQ(begin("\x00\x01", 2), "bad-protobuf ");                                       // field number 0
  EXPECT_EQ(begin("\x20\x02", 2), "bad-field /onePhase");                                 // a bool of 2
  EXPECT_EQ(begin("\x18\x00", 2), "bad-field /wait");                                     // an explicit UNSPECIFIED
  EXPECT_EQ(begin("\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11), "bad-protobuf ");  // more than 64 bits
  EXPECT_EQ(begin("\x2a\x06\x0a\x01p\x48\x01\x00", 8), "bad-protobuf /branches/0/9");
  EXPECT_EQ(begin("\x2a\x07\x0a\x01p\x1a\x00\x22\x00", 9), "bad-field /branches/0/payloadBytes");  // both payloads
}

TEST(ProtoBodies, EveryOtherRequest) {
  const Limits limits;
  v1::NewBranch branch;
  EXPECT_EQ(verdict(read_branch_proto("", limits)), "bad-field /participant");
  branch.set_participant("p");
  EXPECT_EQ(verdict(read_branch_proto(branch.SerializeAsString(), limits)), "ok");
  v1::CommitRequest commit;
  commit.set_wait(v1::WAIT_COMPLETED);
  commit.set_branch_count(0);
  const auto read = read_commit_proto(commit.SerializeAsString(), limits);
  EXPECT_EQ(std::get<CommitBody>(read).wait, Wait::kCompleted);
  EXPECT_EQ(std::get<CommitBody>(read).branch_count, 0u);
  commit.set_transaction("x");
  EXPECT_EQ(verdict(read_commit_proto(commit.SerializeAsString(), limits)), "bad-protobuf /3");
  v1::AbortRequest abort;
  abort.set_reason("why");
  EXPECT_EQ(std::get<AbortBody>(read_abort_proto(abort.SerializeAsString())).reason, "why");
  v1::ResolveRequest resolve;
  resolve.set_reason("x");
  EXPECT_EQ(verdict(read_resolve_proto(resolve.SerializeAsString())), "bad-field /action");
  resolve.set_action(v1::RESOLVE_ACTION_ABORT);
  EXPECT_EQ(std::get<ResolveBody>(read_resolve_proto(resolve.SerializeAsString())).action, ResolveAction::kAbort);
  v1::ResolveGapRequest gap;
  gap.set_outcome(v1::OUTCOME_COMMITTED);
  EXPECT_EQ(verdict(read_resolve_gap_proto(gap.SerializeAsString())), "bad-field /reason");
  v1::RegisterRequest enrol;
  enrol.set_name("b");
  enrol.set_kind(v1::PARTICIPANT_KIND_CALLBACK);
  enrol.set_url("http://x");
  EXPECT_EQ(std::get<RegisterBody>(read_register_proto(enrol.SerializeAsString())).concurrency, 16u);
  enrol.set_concurrency(0);
  EXPECT_EQ(verdict(read_register_proto(enrol.SerializeAsString())), "bad-field /concurrency");
  v1::RetireRequest retire;
  EXPECT_EQ(verdict(read_retire_proto(retire.SerializeAsString())), "bad-field /reason");
}

}  // namespace
}  // namespace troth::codec
