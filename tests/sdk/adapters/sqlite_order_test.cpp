// Every order of prepare, prepare, abort, commit, commit (as duplicates and delays can make it), with a restart at
// every place: what was said once is never taken back, and an operation after its opposite is refused.
#include <algorithm>
#include <array>

#include "tests/sdk/adapters/sqlite_fixture.h"

namespace troth::testing {
namespace {

enum class Known { kNothing, kPrepared, kCommitted, kAborted };

/// The rule, in one place, as dumb as can be.
struct Model {
  Known known = Known::kNothing;

  std::string prepare() {
    if (known == Known::kNothing) known = Known::kPrepared;
    return known == Known::kAborted ? "vote abort" : "vote commit";
  }
  std::string commit() {
    if (known == Known::kNothing) return "unknown";
    if (known == Known::kPrepared) known = Known::kCommitted;
    return known == Known::kCommitted ? "committed" : "heuristic abort";
  }
  std::string abort() {
    if (known != Known::kCommitted) known = Known::kAborted;
    return known == Known::kCommitted ? "heuristic commit" : "aborted";
  }
};

std::string text(Ack ack) {
  switch (ack) {
    case Ack::kCommitted: return "committed";
    case Ack::kAborted: return "aborted";
    case Ack::kHeuristicCommit: return "heuristic commit";
    case Ack::kHeuristicAbort: return "heuristic abort";
    case Ack::kHeuristicMixed: return "heuristic mixed";
    case Ack::kUnknownBranch: return "unknown";
  }
  return "?";
}

class SqliteOrder : public SqliteAdapter {
 protected:
  void play(const std::string& order, std::size_t restart_before) {
    ++sequence_;
    SCOPED_TRACE(order + ", restart before " + std::to_string(restart_before));
    Model model;
    const int before = balance(1);
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (i == restart_before) restart();
      step(order[i], model);
    }
    EXPECT_EQ(balance(1), before + (model.known == Known::kCommitted ? 1 : 0));
    EXPECT_EQ(resource_->in_doubt().empty(), model.known != Known::kPrepared);
    resource_->abort(branch(sequence_));
    EXPECT_EQ(count("troth_lock"), 0);
  }

 private:
  void step(char operation, Model& model) {
    const Branch of = branch(sequence_, move(1, 1));
    if (operation == 'p') {
      EXPECT_EQ(resource_->prepare(of).kind() == Vote::kCommit ? "vote commit" : "vote abort", model.prepare());
    } else if (operation == 'a') {
      EXPECT_EQ(text(resource_->abort(of)), model.abort());
    } else {
      EXPECT_EQ(text(resource_->commit(of)), model.commit());
    }
  }

  std::uint64_t sequence_ = 0;
};

TEST_F(SqliteOrder, EveryOrderOfDuplicatesKeepsWhatWasSaid) {
  std::string order = "accpp";
  int orders = 0;
  do {
    for (std::size_t restart_before = 1; restart_before <= order.size(); ++restart_before) play(order, restart_before);
    ++orders;
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_EQ(orders, 30);  // 5! orders, of which the two prepares and the two commits make 4 alike
}

}  // namespace
}  // namespace troth::testing
