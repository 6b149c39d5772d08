#include "proto/values/ids.h"

#include <gtest/gtest.h>

#include "proto/codec/api_json.h"
#include "tests/proto/samples.h"

namespace troth {
namespace {

const std::string kText = "07q2m9xw4e3ta-0-3-1fk2mzq-118204";

TEST(Ids, TheExampleOfTheSpecificationReadsAndWritesBack) {
  const auto id = parse_transaction_id(kText);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->shard, 0);
  EXPECT_EQ(id->epoch.epoch, 3u);
  EXPECT_EQ(id->sequence, 118204u);
  EXPECT_EQ(to_text(*id), kText);
}

TEST(Ids, ExtremesRoundTripInTextAndBytes) {
  const std::vector<TransactionId> ids = {{{0}, 0, {0, 0}, 1},
                                          {{~0ULL}, 0xffff, {0xffffffff, 0xffffffff}, kMaxSequence},
                                          samples::id(),
                                          {{1}, 0, {0, 0x80000000}, 1}};
  for (const auto& id : ids) {
    EXPECT_EQ(parse_transaction_id(to_text(id)), id) << to_text(id);
    EXPECT_EQ(to_bytes(id).size(), kTransactionIdBytes);
    EXPECT_EQ(transaction_id_from_bytes(to_bytes(id)), id);
    EXPECT_EQ(codec::parse_page_token(codec::page_token(id)), id);
  }
}

TEST(Ids, AnythingElseIsRefused) {
  const std::vector<std::string> bad = {"",
                                        "-",
                                        kText + " ",
                                        " " + kText,
                                        kText + "-1",
                                        "07Q2M9XW4E3TA-0-3-1fk2mzq-118204",
                                        "07q2m9xw4e3t-0-3-1fk2mzq-118204",    // log id too short
                                        "007q2m9xw4e3ta-0-3-1fk2mzq-118204",  // too long
                                        "g7q2m9xw4e3ta-0-3-1fk2mzq-118204",   // beyond 64 bits
                                        "07q2m9xw4e3tu-0-3-1fk2mzq-118204",   // u is no Crockford digit
                                        "07q2m9xw4e3ti-0-3-1fk2mzq-118204",
                                        "07q2m9xw4e3ta-00-3-1fk2mzq-118204",
                                        "07q2m9xw4e3ta-65536-3-1fk2mzq-118204",
                                        "07q2m9xw4e3ta-0-03-1fk2mzq-118204",
                                        "07q2m9xw4e3ta-0-4294967296-1fk2mzq-118204",
                                        "07q2m9xw4e3ta-0-3-4fk2mzq-118204",  // nonce beyond 32 bits
                                        "07q2m9xw4e3ta-0-3-1fk2mz-118204",
                                        "07q2m9xw4e3ta-0-3-1fk2mzq-0118204",
                                        "07q2m9xw4e3ta-0-3-1fk2mzq--1",
                                        "07q2m9xw4e3ta-0-3-1fk2mzq-+1",
                                        "07q2m9xw4e3ta-0-3-1fk2mzq-281474976710656",
                                        "07q2m9xw4e3ta-0-3-1fk2mzq-0",  // sequences are given from 1
                                        "07q2m9xw4e3ta-0-3-1fk2mzq-",
                                        "07q2m9xw4e3ta-0-3-1fk2mzq-1.1",
                                        "07q2m9xw4e3ta-0--1fk2mzq-1",
                                        "07q2m9xw4e3ta-0-3-1fk2mzq-1\n",
                                        std::string(kText).replace(3, 1, 1, '\0')};
  for (const auto& text : bad) EXPECT_FALSE(parse_transaction_id(text)) << text;
}

TEST(Ids, EveryByteOfAnIdMatters) {
  const auto id = parse_transaction_id(kText);
  for (std::size_t at = 0; at < kText.size(); ++at) {
    for (int c = 0; c < 256; ++c) {
      auto text = kText;
      text[at] = static_cast<char>(c);
      const auto parsed = parse_transaction_id(text);
      EXPECT_EQ(parsed ? to_text(*parsed) : text, text);  // one spelling only
      EXPECT_EQ(parsed == id, text == kText);
    }
  }
}

TEST(Ids, BranchesCountFromOne) {
  EXPECT_EQ(parse_branch_id(kText + ".12"), (BranchId{*parse_transaction_id(kText), 12}));
  for (const char* tail : {"", ".", ".0", ".01", ".4294967296", ".1.1", ".-1", ". 1"}) {
    EXPECT_FALSE(parse_branch_id(kText + tail)) << tail;
  }
}

TEST(Ids, GidsNameABranchToADatabase) {
  const auto branch = samples::branch();
  EXPECT_EQ(gid_of(branch), "troth:" + to_text(branch.transaction) + ":2");
  EXPECT_EQ(parse_gid(gid_of(branch)), branch);
  const auto id = to_text(branch.transaction);
  for (const std::string& text :
       {"troth:" + id, "troth:" + id + ":0", "troth:" + id + ".2", "roth:" + id + ":2", std::string("troth::2"),
        "troth:" + id + ":2:2", std::string(), "TROTH:" + id + ":2"}) {
    EXPECT_FALSE(parse_gid(text)) << text;
  }
}

TEST(Ids, BinaryFormHasExactly24Bytes) {
  for (std::size_t size = 0; size < 60; ++size) {
    EXPECT_EQ(transaction_id_from_bytes(std::string(size, 'x')).has_value(), size == kTransactionIdBytes);
  }
}

TEST(Ids, ParticipantNames) {
  for (const std::string& name : std::vector<std::string>{"a", "0", "bank-a", "a.b_c-d", std::string(63, 'a')}) {
    EXPECT_TRUE(is_participant_name(name)) << name;
  }
  for (const std::string& name :
       std::vector<std::string>{"", "-a", ".a", "A", "a b", "a/b", "é", "a\n", std::string(64, 'a')}) {
    EXPECT_FALSE(is_participant_name(name)) << name;
  }
}

TEST(Ids, LabelsArePrintable) {
  std::string wide;
  for (int i = 0; i < 64; ++i) wide += "ü";
  for (const auto& label : {std::string("order 4711"), wide, std::string("日本")})
    EXPECT_TRUE(is_label(label)) << label;
  for (const auto& label : {std::string(), std::string(65, 'x'), wide + "x", std::string("a\tb"), std::string("\x7f"),
                            std::string("\xc2\x85"), std::string("\xff"), std::string("\xc0\x80"),
                            std::string("\xed\xa0\x80"), std::string("\xe2\x82")}) {
    EXPECT_FALSE(is_label(label)) << label;
  }
}

TEST(Ids, IdempotencyKeysArePrintableAscii) {
  EXPECT_TRUE(is_idempotency_key(std::string(128, '~')));
  for (const auto& key : {std::string(), std::string(129, 'a'), std::string("a\n"), std::string("ü")}) {
    EXPECT_FALSE(is_idempotency_key(key)) << key;
  }
}

TEST(PageTokens, OnlyWhatWeGaveIsTaken) {
  const auto token = codec::page_token(samples::id());
  for (const auto& text : {std::string(), token + "A", token.substr(1), token + "=", std::string(32, '*'),
                           std::string("\0", 1), to_text(samples::id())}) {
    EXPECT_FALSE(codec::parse_page_token(text)) << text;
  }
}

}  // namespace
}  // namespace troth
