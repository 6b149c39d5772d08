// What our codec writes is, byte for byte, what Protobuf's own code writes for the .proto files after reading it: no
// field unknown to the schema, none missing, the same defaults left out.
#include <gtest/gtest.h>
#include <troth/v1/api.pb.h>
#include <troth/v1/client.pb.h>
#include <troth/v1/record.pb.h>
#include <troth/v1/session.pb.h>

#include "proto/codec/api_proto.h"
#include "proto/codec/client_codec.h"
#include "proto/codec/record_codec.h"
#include "proto/codec/session_codec.h"
#include "tests/proto/samples.h"

namespace troth::codec {
namespace {

/// Every field of the schema that is not set in `message`, as paths. In the full samples that must be none.
void collect_unset(const google::protobuf::Message& message, const std::string& path, std::vector<std::string>& unset) {
  const auto* type = message.GetDescriptor();
  const auto* reflection = message.GetReflection();
  for (int i = 0; i < type->field_count(); ++i) {
    const auto* field = type->field(i);
    const auto name = path + "." + field->name();
    if (field->real_containing_oneof() != nullptr) continue;
    const bool set =
        field->is_repeated() ? reflection->FieldSize(message, field) > 0 : reflection->HasField(message, field);
    if (!set) unset.push_back(name);
  }
}

template <class Message>
Message same_bytes(const std::string& ours) {
  Message message;
  EXPECT_TRUE(message.ParseFromString(ours)) << Message::descriptor()->name();
  EXPECT_TRUE(message.GetReflection()->GetUnknownFields(message).empty()) << message.DebugString();
  EXPECT_EQ(message.SerializeAsString(), ours) << message.DebugString();
  return message;
}

template <class Message>
void same_and_full(const std::string& ours, const std::vector<std::string>& may_be_unset = {}) {
  const auto message = same_bytes<Message>(ours);
  std::vector<std::string> unset;
  collect_unset(message, message.GetDescriptor()->name(), unset);
  EXPECT_EQ(unset, may_be_unset);
}

TEST(Schema, Records) {
  const auto facts = samples::facts();
  const auto bytes = [&](std::size_t i) { return encode(facts.at(i)); };
  same_and_full<v1::EpochStarted>(bytes(0));
  same_and_full<v1::PrepareStarted>(bytes(1));
  same_and_full<v1::OnePhaseStarted>(bytes(2));
  same_and_full<v1::CommitDecided>(bytes(3));
  same_and_full<v1::AbortTold>(bytes(4));
  same_and_full<v1::Ended>(bytes(5));
  same_and_full<v1::GapOpened>(bytes(6));
  same_and_full<v1::Checkpoint>(bytes(7));
  same_and_full<v1::HeuristicReported>(bytes(8));
  same_and_full<v1::OperatorActed>(bytes(9), {"OperatorActed.n"});  // 0: a gap id
  same_and_full<v1::ParticipantRegistered>(bytes(10));
  same_and_full<v1::ParticipantChanged>(bytes(11));
  same_and_full<v1::ParticipantRemoved>(bytes(12));
  same_and_full<v1::Horizon>(bytes(13));
  same_and_full<v1::CommitBits>(bytes(14));
  same_and_full<v1::ClientWindow>(bytes(15));
  same_and_full<v1::Mark>(bytes(16));
}

TEST(Schema, Sessions) {
  const auto frame = same_bytes<v1::Frame>(encode(samples::frame()));
  ASSERT_EQ(frame.messages_size(), v1::Message::descriptor()->field_count());
  for (int i = 0; i < frame.messages_size(); ++i) {
    const auto& message = frame.messages(i);
    EXPECT_EQ(message.kind_case(), i + 1);
    const auto* kind = v1::Message::descriptor()->field(i);
    const auto& inner = message.GetReflection()->GetMessage(message, kind);
    EXPECT_TRUE(inner.GetReflection()->GetUnknownFields(inner).empty()) << kind->name();
    std::vector<std::string> unset;
    collect_unset(inner, kind->name(), unset);
    std::vector<std::string> expected;
    if (kind->name() == "recover") expected = {"recover.last"};
    if (kind->name() == "enlisted") expected = {"enlisted.problem"};
    EXPECT_EQ(unset, expected);
  }
  EXPECT_EQ(frame.messages(5).vote().vote(), v1::VOTE_KIND_READ_ONLY);
  EXPECT_EQ(frame.messages(5).vote().transaction(), to_bytes(samples::id()));
}

TEST(Schema, Clients) {
  const auto from = same_bytes<v1::FromClient>(encode(samples::from_client()));
  EXPECT_EQ(from.requests(0).body_case(), v1::Request::kBegin);
  EXPECT_EQ(from.requests(4).get().wait_for_revision(), 7u);
  const auto to = same_bytes<v1::ToClient>(encode(samples::to_client()));
  EXPECT_EQ(to.replies(0).transaction().status(), 202u);
  EXPECT_EQ(to.replies(2).refused().type(), "urn:troth:problem:aborted");
}

TEST(Schema, Answers) {
  same_and_full<v1::Transaction>(write_proto(samples::view()));
  same_and_full<v1::Branch>(write_proto(samples::branch_view()));
  same_and_full<v1::Participant>(write_proto(samples::participant_view()));
  same_and_full<v1::DecisionAnswer>(write_proto(DecisionView{{1}, 2, samples::branch(), DecisionKind::kCommit}));
  same_and_full<v1::TransactionList>(write_proto(answer::Transactions{{samples::view()}, samples::id()}));
  same_and_full<v1::ParticipantList>(write_proto(answer::Participants{{samples::participant_view()}}));
  same_and_full<v1::DryRun>(write_proto(answer::DryRun{{"a"}, {"b"}}));
  same_and_full<v1::Limits>(write_proto(Limits{}));
  same_and_full<v1::Problem>(write_proto(samples::refused(), "/x"), {"Problem.retryable"});
}

/// The keys of a flat walk over the top level of our own JSON, in order.
std::vector<std::string> top_level_keys(const std::string& json) {
  std::vector<std::string> keys;
  int depth = 0;
  for (std::size_t at = 0; at < json.size(); ++at) {
    if (json[at] == '{' || json[at] == '[') ++depth;
    if (json[at] == '}' || json[at] == ']') --depth;
    if (json[at] != '"') continue;
    const auto end = json.find('"', at + 1);
    if (depth == 1 && json[end + 1] == ':') keys.push_back(json.substr(at + 1, end - at - 1));
    at = end;
  }
  return keys;
}

template <class Message>
std::vector<std::string> schema_keys() {
  std::vector<std::string> keys;
  for (int i = 0; i < Message::descriptor()->field_count(); ++i) {
    keys.push_back(Message::descriptor()->field(i)->json_name());
  }
  return keys;
}

TEST(Schema, JsonHasTheNamesAndTheOrderOfTheSchema) {
  EXPECT_EQ(top_level_keys(write_json(samples::view())), schema_keys<v1::Transaction>());
  EXPECT_EQ(top_level_keys(write_json(samples::branch_view())), schema_keys<v1::Branch>());
  EXPECT_EQ(top_level_keys(write_json(samples::participant_view())), schema_keys<v1::Participant>());
  EXPECT_EQ(top_level_keys(write_json(DecisionView{})), schema_keys<v1::DecisionAnswer>());
  EXPECT_EQ(top_level_keys(write_json(answer::Transactions{})), schema_keys<v1::TransactionList>());
  EXPECT_EQ(top_level_keys(write_json(Limits{})), schema_keys<v1::Limits>());
  EXPECT_EQ(top_level_keys(write_json(samples::refused(), "/x")), schema_keys<v1::Problem>());
}

}  // namespace
}  // namespace troth::codec
