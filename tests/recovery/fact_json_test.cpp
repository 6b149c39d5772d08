#include "recovery/fact_json.h"

#include "tests/recovery/history.h"

namespace troth::recovery {
namespace {

using namespace testing;

TEST(FactJson, NamesAndWordsAreThoseOfTheApi) {
  auto decided = committed(id_of(7), "order-17", 1'700'000'000'123);
  decided.label = "order \"17\"";
  decided.branches[1].read_only = true;
  EXPECT_EQ(kind_word(decided), "commit_decided");
  EXPECT_EQ(
      to_json(decided),
      R"({"transaction":"00000000004hm-0-1-0000034-7","branches":[)"
      R"({"n":1,"participant":"bank-a","instance":"i1","key":"","endpoint":null,"routing":"any","readOnly":false},)"
      R"({"n":2,"participant":"bank-b","instance":"i1","key":"","endpoint":null,"routing":"any","readOnly":true}],)"
      R"("origin":{"key":"order-17","requestHash":null,"clientSession":null,"sequence":0,"ackedBelow":0},)"
      R"("label":"order \"17\"","traceparent":null,"begunAt":null,"decidedAt":"2023-11-14T22:13:20.123Z",)"
      R"("lsn":0,"onePhase":false})");
}

TEST(FactJson, BytesAreHexadecimal) {
  EXPECT_EQ(to_json(fact::CommitBits{kSecond, 8, std::string("\x01\xff", 2)}),
            R"({"epoch":2,"nonce":"0000068","first":8,"bits":"01ff"})");
}

TEST(FactJson, AGapNamesBothItsEpochs) {
  EXPECT_EQ(to_json(fact::GapOpened{kFirst, {9, 0}, 0}),
            R"({"from":{"epoch":1,"nonce":"0000034"},"to":{"epoch":9,"nonce":"0000000"},"at":null})");
}

TEST(FactJson, AnActHasItsOwnWords) {
  EXPECT_EQ(to_json(act(id_of(1), 0, fact::OperatorAct::kGapCommitted)),
            R"({"transaction":"00000000004hm-0-1-0000034-1","n":0,"act":"gap_committed","actor":"ops",)"
            R"("reason":"the machine is gone","heuristic":"hazard","contradicts":false,"at":null})");
}

TEST(FactJson, ASigningSecretIsNotShown) {
  fact::ParticipantRegistered registered;
  registered.name = "shop";
  registered.secret = "whsec";
  EXPECT_NE(to_json(registered).find(R"("secret":"not shown")"), std::string::npos) << to_json(registered);
}

TEST(FactJson, EveryKindHasAWordAndAnObject) {
  for (const Fact& fact : random_history(7, 400)) {
    EXPECT_FALSE(kind_word(fact).empty());
    const std::string json = to_json(fact);
    EXPECT_TRUE(json.starts_with("{\"") && json.ends_with("}")) << json;
    EXPECT_EQ(json.find('\n'), std::string::npos);
  }
}

}  // namespace
}  // namespace troth::recovery
