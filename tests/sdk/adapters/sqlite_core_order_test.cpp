// Every order of {prepare, prepare, abort, commit, commit}, all 5! of them, against the SDK's branch machine on top of
// the adapter: as duplicates, delays and restarts can make them. What was said is never taken back, an operation has
// its effect once, and one that comes after its opposite is refused (D2 and D3 of the fault model; D1, one transaction
// per key, is the coordinator's).
#include <algorithm>
#include <array>

#include "participant-sdk/core/branches.h"
#include "tests/sdk/adapters/sim_files.h"
#include "tests/sdk/adapters/sqlite_fixture.h"

namespace troth::testing {
namespace {

using sdk::Call;

constexpr const char* kFile = "/d/bank.db";

/// A participant's process without its sockets: messages go in, what it says comes out, calls of the resource are done
/// when the test says so.
class Participant {
 public:
  Participant() : files_(disk_) {
    disk_.make_directory("/d");
    options_.schema = kSchema;
    options_.files = &files_;
    start();
  }

  void start() {
    resource_ = std::make_unique<SqliteResource>(
        kFile, [this](sqlite3* db, const Branch& of) { return ++runs_, run_payload(db, of); }, options_);
    branches_ = std::make_unique<sdk::Branches>();
    std::vector<sdk::Effect> effects;
    for (const BranchId& id : resource_->in_doubt()) branches_->apply(id, sdk::event::Listed{}, 0, effects);
    obey(effects);
  }
  void die(vfs::Ending ending) {
    disk_.crash(ending);
    calls_.clear();
    resource_.reset();
    disk_.restart();
    start();
  }

  void hear(const BranchId& id, sdk::Event event) {
    std::vector<sdk::Effect> effects;
    branches_->apply(id, std::move(event), 0, effects);
    obey(effects);
  }
  bool has_work() const { return !calls_.empty(); }
  /// Does the call of the resource that is asked for.
  void work() {
    const sdk::StartCall call = calls_.front();
    calls_.erase(calls_.begin());
    hear(call.branch.id, done(call));
  }

  std::vector<sdk::Effect> take_said() { return std::exchange(said_, {}); }
  SqliteResource& resource() { return *resource_; }
  int take_runs() { return std::exchange(runs_, 0); }
  std::string read(const std::string& sql) const {
    sqlite3* db = nullptr;
    sqlite3_open_v2(kFile, &db, SQLITE_OPEN_READONLY, files_.sqlite_vfs());
    const std::shared_ptr<sqlite3> closed_in_the_end(db, sqlite3_close);
    const SqliteValue value = sqlite_value(db, sql);
    const auto* number = std::get_if<std::int64_t>(&value);
    return number == nullptr ? "" : std::to_string(*number);
  }

 private:
  void obey(const std::vector<sdk::Effect>& effects) {
    for (const sdk::Effect& effect : effects) {
      if (const auto* call = std::get_if<sdk::StartCall>(&effect)) {
        calls_.push_back(*call);
      } else {
        said_.push_back(effect);
      }
    }
  }
  /// As the runtime does it.
  sdk::Event done(const sdk::StartCall& call) {
    switch (call.call) {
      case Call::kPrepare: {
        const Vote vote = resource_->prepare(call.branch);
        const auto kind = vote.kind() == Vote::kCommit ? VoteKind::kCommit : VoteKind::kAbort;
        return sdk::event::Voted{kind, vote.reason()};
      }
      case Call::kCommit: return acked(resource_->commit(call.branch));
      case Call::kAbort: return acked(resource_->abort(call.branch));
      default: {
        const auto listed = resource_->in_doubt();
        return sdk::event::Traced{std::count(listed.begin(), listed.end(), call.branch.id) == 1};
      }
    }
  }
  static sdk::Event acked(Ack ack) {
    switch (ack) {
      case Ack::kCommitted: return sdk::event::Acked{AckResult::kCommitted};
      case Ack::kAborted: return sdk::event::Acked{AckResult::kAborted};
      case Ack::kHeuristicCommit: return sdk::event::Acked{AckResult::kHeuristicCommit};
      case Ack::kHeuristicAbort: return sdk::event::Acked{AckResult::kHeuristicAbort};
      default: return sdk::event::Acked{AckResult::kUnknownBranch};
    }
  }

  vfs::SimDisk disk_{{}};
  SimFiles files_;
  SqliteOptions options_;
  std::unique_ptr<SqliteResource> resource_;
  std::unique_ptr<sdk::Branches> branches_;
  std::vector<sdk::StartCall> calls_;
  std::vector<sdk::Effect> said_;
  int runs_ = 0;
};

struct Play {
  std::string order;            // of "ppacc"
  std::uint32_t second = 1;     // the attempt that the later prepare says it is
  std::size_t dies_before = 0;  // 0: never
  bool slow = false;            // a call of the resource ends only after the next message
};

class SqliteCoreOrder : public ::testing::Test {
 protected:
  void play(const Play& play) {
    id_ = branch(++sequence_).id;
    SCOPED_TRACE(play.order + ", second attempt " + std::to_string(play.second) + ", dies before " +
                 std::to_string(play.dies_before) + (play.slow ? ", slow" : ""));
    const std::string before = participant_.read(kBalance);
    told_committed_ = told_aborted_ = voted_ = false;
    std::uint32_t attempt = 1;
    for (std::size_t i = 0; i < play.order.size(); ++i) {
      if (i != 0 && i == play.dies_before) {
        participant_.die(i % 2 == 0 ? vfs::Ending::kKill : vfs::Ending::kNothingKept);
      }
      const bool busy = participant_.has_work();
      participant_.hear(id_, message(play.order[i], attempt));
      if (play.order[i] == 'p') attempt = play.second;
      if (busy) work();
      while (!play.slow && participant_.has_work()) work();
      listen();
    }
    while (participant_.has_work()) work();
    end(before);
  }

 private:
  static constexpr const char* kBalance = "SELECT balance FROM account WHERE id = 1";

  void work() {
    listen();
    participant_.work();
    listen();
  }
  sdk::Event message(char what, std::uint32_t attempt) const {
    Branch prepared = branch(sequence_, move(1, 1));
    prepared.attempt = attempt;
    if (what == 'p') return sdk::event::PrepareCame{prepared, false};
    if (what == 'c') return sdk::event::CommitCame{sequence_};
    return sdk::event::AbortCame{};
  }
  std::string state() const {
    return participant_.read("SELECT state FROM troth_branch WHERE branch = '" + to_text(id_) + "'");
  }

  /// What it says now must be durable, and agree with all it said.
  void listen() {
    for (const sdk::Effect& effect : participant_.take_said()) {
      if (const auto* vote = std::get_if<session::Vote>(&effect)) {
        voted_ |= vote->vote == VoteKind::kCommit;
        if (vote->vote != VoteKind::kCommit) continue;
        EXPECT_FALSE(told_aborted_) << "a vote after the abort";
        EXPECT_TRUE(state() == "1" || state() == "2") << "a vote without a durable prepare";
      } else if (const auto* ack = std::get_if<session::Ack>(&effect)) {
        hear_ack(ack->result);
      }
    }
  }
  void hear_ack(AckResult result) {
    const bool committed = result == AckResult::kCommitted || result == AckResult::kHeuristicCommit;
    const bool aborted = result == AckResult::kAborted || result == AckResult::kHeuristicAbort;
    if (committed) {
      EXPECT_EQ(state(), "2") << "told committed";
    }
    if (aborted) {
      EXPECT_EQ(state(), "3") << "told aborted";
    }
    if (!committed && !aborted) {
      EXPECT_FALSE(voted_ || told_aborted_ || told_committed_) << "unknown, and known before";
    }
    told_committed_ |= committed;
    told_aborted_ |= aborted;
    EXPECT_FALSE(told_committed_ && told_aborted_);
  }

  void end(const std::string& before) {
    const std::string is = state();
    EXPECT_TRUE(is.empty() || is == "1" || is == "2" || is == "3") << is;
    const int moved = std::stoi(participant_.read(kBalance)) - std::stoi(before);
    EXPECT_EQ(moved, is == "2" ? 1 : 0);
    EXPECT_LE(participant_.take_runs(), 1) << "the payload ran twice";
    const auto listed = participant_.resource().in_doubt();
    EXPECT_EQ(listed, is == "1" ? std::vector<BranchId>{id_} : std::vector<BranchId>{});
    ends_.insert(is);
    Branch of;
    of.id = id_;
    if (is == "1") participant_.resource().abort(of);
    EXPECT_EQ(participant_.read("SELECT count(*) FROM troth_lock"), "0");
  }

 protected:
  std::set<std::string> ends_;

 private:
  mutable Participant participant_;
  std::uint64_t sequence_ = 0;
  BranchId id_;
  bool voted_ = false, told_committed_ = false, told_aborted_ = false;
};

// Under a sanitizer one death in so many: it looks for other things.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kStride = 3;
#else
constexpr std::size_t kStride = 1;
#endif

TEST_F(SqliteCoreOrder, AllPermutationsOfDuplicatesEndInALegalState) {
  const std::string messages = "ppacc";
  std::array<std::size_t, 5> order{0, 1, 2, 3, 4};
  int orders = 0;
  do {
    Play one;
    for (const std::size_t i : order) one.order += messages[i];
    one.slow = orders % 2 == 0;
    for (one.second = 1; one.second <= 2; ++one.second) {
      for (one.dies_before = 0; one.dies_before < 5; one.dies_before += kStride) play(one);
    }
    ++orders;
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_EQ(orders, 120);
  EXPECT_TRUE(ends_.count("2") == 1 && ends_.count("3") == 1) << "both ways out";
}

}  // namespace
}  // namespace troth::testing
