// The ring of outcomes: cursors, what is kept, and what a start reads into it.
#include "coordinator/server/outcome_ring.h"

#include <gtest/gtest.h>

#include "recovery/rebuild.h"

namespace troth::server {
namespace {

OutcomeView outcome(std::uint64_t sequence, Lsn lsn) {
  OutcomeView view;
  view.transaction.sequence = sequence;
  view.outcome = lsn == 0 ? Outcome::kAborted : Outcome::kCommitted;
  if (lsn != 0) view.lsn = lsn;
  return view;
}

std::vector<std::uint64_t> after(const OutcomeRing& ring, Lsn cursor) {
  std::vector<std::uint64_t> sequences;
  for (auto place = ring.after(cursor); place < ring.end(); ++place) {
    sequences.push_back(ring.at(place).transaction.sequence);
  }
  return sequences;
}

using Sequences = std::vector<std::uint64_t>;

TEST(OutcomeRing, GivesWhatComesAfterACursor) {
  OutcomeRing ring;
  ring.add(outcome(1, 10));
  ring.add(outcome(2, 0));
  ring.add(outcome(3, 20));
  EXPECT_EQ(after(ring, 0), (Sequences{1, 2, 3}));
  EXPECT_EQ(after(ring, 10), (Sequences{2, 3}));
  EXPECT_EQ(after(ring, 15), (Sequences{3})) << "a heartbeat's cursor comes after the abort that was told before it";
  EXPECT_EQ(after(ring, 20), Sequences{});
  EXPECT_EQ(ring.upto(), 20U);
}

TEST(OutcomeRing, GivesAnAbortThatCameAfterAHeartbeat) {
  OutcomeRing ring;
  ring.add(outcome(1, 10));
  ring.told_upto(15);  // the cursor of a heartbeat
  ring.add(outcome(2, 0));
  ring.add(outcome(3, 20));
  EXPECT_EQ(after(ring, 15), (Sequences{2, 3}));
  EXPECT_EQ(after(ring, 10), (Sequences{2, 3}));
  EXPECT_EQ(after(ring, 20), Sequences{});
}

TEST(OutcomeRing, SaysFromWhereNothingIsMissing) {
  OutcomeRing ring(2);
  ring.add(outcome(1, 10));
  ring.add(outcome(2, 0));
  ring.add(outcome(3, 20));
  EXPECT_EQ(ring.floor(), 10U) << "who has heard of 10 misses nothing";
  ring.add(outcome(4, 30));
  EXPECT_EQ(ring.floor(), 10U) << "an abort is no place to resume at";
  EXPECT_EQ(after(ring, 10), (Sequences{3, 4}));
  ring.add(outcome(5, 40));
  EXPECT_EQ(ring.floor(), 20U);
  EXPECT_EQ(ring.first(), 3U);
}

void see(OutcomeReader& reader, Lsn lsn, const Fact& fact) {
  const auto record = recovery::to_record(fact);
  reader.see({lsn, record.kind, record.body});
}

fact::CommitDecided decided(std::uint64_t sequence) {
  fact::CommitDecided fact;
  fact.id.sequence = sequence;
  fact.label = "l" + std::to_string(sequence);
  return fact;
}

TEST(OutcomeReader, ReadsWhatIsAfterTheSet) {
  recovery::Known known;
  OutcomeReader reader;
  reader.expect(5);
  auto restated = decided(1);
  restated.lsn = 7;
  see(reader, 0, restated);
  see(reader, 0, fact::Checkpoint{9});
  see(reader, 10, decided(2));
  see(reader, 11, fact::Ended{});
  see(reader, 12, fact::HeuristicReported{{decided(2).id, 1}, "a", HeuristicKind::kMixed, "", 5});
  recovery::fold(known, 10, decided(2));
  known.last_lsn = 12;
  const OutcomeRing ring = reader.take(known);
  EXPECT_EQ(ring.floor(), 9U);
  EXPECT_EQ(ring.upto(), 12U);
  ASSERT_EQ(after(ring, 9), (Sequences{2, 2}));
  const OutcomeView& heuristic = ring.at(ring.after(10));
  EXPECT_EQ(heuristic.outcome, Outcome::kCommitted);
  EXPECT_EQ(heuristic.label, "l2");
}

TEST(OutcomeReader, LooksOnlyIntoTheLastRecordsAndSaysSo) {
  OutcomeReader reader;
  reader.expect(kKeptOutcomes + 2);
  see(reader, 1, decided(1));
  see(reader, 2, fact::Ended{});
  see(reader, 3, decided(2));
  const OutcomeRing ring = reader.take({});
  EXPECT_EQ(ring.floor(), 1U);
  EXPECT_EQ(after(ring, 1), Sequences{2});
}

TEST(OutcomeReader, KeepsWhatItSawWhenTheLogIsRebuilt) {
  OutcomeReader reader;
  reader.expect(1);
  see(reader, 5, decided(1));
  reader.stop();
  reader.expect(1);
  see(reader, 0, fact::Checkpoint{5});
  const OutcomeRing ring = reader.take({});
  EXPECT_EQ(ring.floor(), 0U);
  EXPECT_EQ(after(ring, 0), Sequences{1});
}

}  // namespace
}  // namespace troth::server
