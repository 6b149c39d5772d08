// What the scenarios' reader refuses, and that it changes nothing but traces.
#include "tests/scenarios/language.h"

#include <gtest/gtest.h>

namespace troth::scenarios {
namespace {

constexpr const char* kHead = "# x: why\nworld engine\n\n";

std::string refusal(const std::string& text) {
  try {
    play(parse("x.txt", text));
  } catch (const BadScenario& bad) {
    return bad.what();
  }
  return "";
}

std::string refusal_of(const std::string& input) {
  return refusal(std::string(kHead) + "with a\n" + input + "\n----\n");
}

TEST(ScenarioLanguage, RefusesWhatItDoesNotKnowWithFileAndLine) {
  EXPECT_EQ(refusal_of("begin t1 a"), "");
  EXPECT_EQ(refusal_of("begyn t1 a"), "x.txt:5: no such word: begyn");
  EXPECT_EQ(refusal_of("begin t1 a wait=never"), "x.txt:5: wait is decided or completed");
  EXPECT_EQ(refusal_of("begin t1 a colour=red"), "x.txt:5: not understood: colour=red");
  EXPECT_EQ(refusal_of("begin t1 a\ncommit t2"), "x.txt:6: no such transaction: t2");
  EXPECT_EQ(refusal_of("begin t1 a  vote t1/1 a maybe"), "x.txt:5: not a vote: maybe");
  EXPECT_EQ(refusal_of("tick 20"), "x.txt:5: not a duration (20ms, 3s, 2h): 20");
  EXPECT_EQ(refusal_of("durable 99"), "x.txt:5: no such LSN to make durable");
  EXPECT_EQ(refusal_of("inquire z t1/1"), "x.txt:5: not a branch (t1/2): t1/1");
  EXPECT_EQ(refusal_of("disconnect z"), "x.txt:5: z is not connected");
  EXPECT_EQ(refusal_of("given gap e1 e2"), "x.txt:5: records are given before the first start, or after 'stop'");
}

TEST(ScenarioLanguage, RefusesAFileThatDoesNotSayWhyItExists) {
  EXPECT_EQ(refusal("# y: why\nworld engine\n\nwith a\n----\n"),
            "x.txt:1: the first line says why the scenario exists: '# x: ...'");
  EXPECT_EQ(refusal("# x: why\n\nwith a\n----\n"),
            "x.txt:2: the second line says where it is played: 'world engine', 'world sdk' or 'world core'");
  EXPECT_EQ(refusal("# x: why\nworld moon\n"), "x.txt:2: no such world: moon");
  EXPECT_EQ(refusal("# x: why\nworld sdk\ntogether  tick 1s\n----\n"), "x.txt:3: 'together' is a word of world engine");
}

TEST(ScenarioLanguage, RefusesABlockThatIsNotOne) {
  EXPECT_EQ(refusal(std::string(kHead) + "with a\n"), "x.txt:5: the last input has no '----' after it");
  EXPECT_EQ(refusal(std::string(kHead) + "----\n"), "x.txt:4: '----' without input");
  EXPECT_EQ(refusal(std::string(kHead) + "with a\n> reply\n----\n"), "x.txt:5: a trace stands after '----'");
}

TEST(ScenarioLanguage, AnUpdateChangesTracesOnly) {
  const std::string text =
      std::string(kHead) + "# said first\nwith a\nbegin t1 a\n----\n> old\n> older\n\n\nabort t1\n----\n";
  const Scenario scenario = parse("x.txt", text);
  ASSERT_EQ(scenario.blocks.size(), 2u);
  EXPECT_EQ(scenario.blocks[0].expected, (std::vector<std::string>{"> old", "> older"}));
  EXPECT_EQ(with_traces(scenario, {{"> new"}, {"> end", "> of it"}}),
            std::string(kHead) + "# said first\nwith a\nbegin t1 a\n----\n> new\n\n\nabort t1\n----\n> end\n> of it\n");
  EXPECT_EQ(with_traces(scenario, {{"> old", "> older"}, {}}), text);
}

TEST(ScenarioLanguage, ATraceThatIsNotExpectedIsSeen) {
  const Scenario scenario =
      parse("x.txt", std::string(kHead) + "disk quick  with a\nbegin t1 a commit\n----\n> nothing\n");
  EXPECT_EQ(play(scenario), (std::vector<std::vector<std::string>>{{"> prepare t1/1 -> a"}}));
}

}  // namespace
}  // namespace troth::scenarios
