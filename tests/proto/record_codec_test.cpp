#include "proto/codec/record_codec.h"

#include <gtest/gtest.h>

#include "tests/proto/samples.h"

namespace troth::codec {
namespace {

TEST(RecordCodec, EveryFactRoundTripsUnderItsOwnKind) {
  const auto facts = samples::facts();
  ASSERT_EQ(facts.size(), std::variant_size_v<Fact>);
  for (std::size_t i = 0; i < facts.size(); ++i) {
    ASSERT_EQ(facts[i].index(), i);
    EXPECT_EQ(kind_of(facts[i]), i + 1);
    EXPECT_EQ(decode_fact(kind_of(facts[i]), encode(facts[i])), facts[i]) << "kind " << i + 1;
  }
}

TEST(RecordCodec, EmptyFactsRoundTrip) {
  EXPECT_EQ(decode_fact(8, encode(fact::Checkpoint{})), Fact(fact::Checkpoint{}));
  EXPECT_EQ(decode_fact(4, encode(fact::CommitDecided{})), Fact(fact::CommitDecided{}));
}

TEST(RecordCodec, KindsOfANewerFormatAreRefused) {
  for (const int kind : {0, 18, 65535}) EXPECT_FALSE(decode_fact(static_cast<std::uint16_t>(kind), ""));
}

TEST(RecordCodec, FieldsOfANewerFormatAreRefused) {
  for (const auto& fact : samples::facts()) {
    EXPECT_FALSE(decode_fact(kind_of(fact), encode(fact) + std::string("\xf8\x01\x01", 3))) << kind_of(fact);
  }
}

TEST(RecordCodec, ADecisionWithoutItsIdIsRefused) {
  EXPECT_FALSE(decode_fact(4, ""));
  EXPECT_FALSE(decode_fact(14, std::string("\x0a\x02xx", 4)));
}

}  // namespace
}  // namespace troth::codec
