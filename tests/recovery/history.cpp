#include "tests/recovery/history.h"

#include <algorithm>
#include <optional>
#include <set>

#include "recovery/fewest.h"

namespace troth::recovery::testing {

fact::CommitDecided committed(const TransactionId& id, const std::string& key, Millis at) {
  fact::CommitDecided fact;
  fact.id = id;
  fact.branches = {branch_of(1, "bank-a"), branch_of(2, "bank-b")};
  fact.origin.key = key;
  fact.decided_at = at;
  return fact;
}

fact::PrepareStarted prepare_started(const TransactionId& id) {
  fact::PrepareStarted fact;
  fact.id = id;
  fact.branches = {branch_of(1, "bank-a"), branch_of(2, "shop")};
  return fact;
}

fact::OnePhaseStarted one_phase_started(const TransactionId& id) {
  fact::OnePhaseStarted fact;
  fact.id = id;
  fact.branch = branch_of(1, "bank-a");
  return fact;
}

fact::AbortTold abort_told(const TransactionId& id, const std::string& key, Millis at) {
  fact::AbortTold fact;
  fact.id = id;
  fact.origin.key = key;
  fact.decided_at = at;
  return fact;
}

fact::HeuristicReported heuristic(const TransactionId& id, std::uint32_t n) {
  return {{id, n}, "bank-a", HeuristicKind::kAbort, "settled by hand", 7};
}

fact::OperatorActed act(const TransactionId& id, std::uint32_t n, fact::OperatorAct what) {
  fact::OperatorActed fact;
  fact.branch = {id, n};
  fact.act = what;
  fact.actor = "ops";
  fact.reason = "the machine is gone";
  return fact;
}

void fold_all(Known& known, const std::vector<Fact>& facts) {
  for (const auto& fact : facts) fold(known, known.last_lsn + 1, fact);
}

Known fold_all(const std::vector<Fact>& facts) {
  Known known;
  known.log = kLog;
  fold_all(known, facts);
  return known;
}

namespace {

/// Writes the log of a coordinator that makes random but allowed moves.
class Historian {
 public:
  explicit Historian(std::uint64_t seed) : random_(seed) { start_epoch(); }

  std::vector<Fact> write(int count) {
    while (static_cast<int>(facts_.size()) < count) move();
    return facts_;
  }

 private:
  void move() {
    switch (below(16)) {
      case 0: return below(8) == 0 ? start_epoch() : note_mark();
      case 1: return below(8) == 0 ? open_gap() : begin();
      case 2: return change_participants();
      case 3: return report_heuristic();
      case 4: return let_operator_act();
      case 5: return raise_horizon();
      case 6:
      case 7:
      case 8: return end_some();
      default: return begin();
    }
  }

  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  void start_epoch() {
    epoch_ = {epoch_.epoch + 1, static_cast<std::uint32_t>(random_())};
    sequence_ = 0;
    facts_.emplace_back(fact::EpochStarted{epoch_, facts_.size() + 1, now_});
  }

  void open_gap() {
    facts_.emplace_back(fact::GapOpened{epoch_, {epoch_.epoch + 3, 0}, now_});
    epoch_.epoch += 2;
    start_epoch();
  }

  void begin() {
    sequence_ += 1 + below(3);
    const auto id = id_of(sequence_, epoch_);
    now_ += 5;
    const auto kind = below(8);
    if (kind == 0) facts_.emplace_back(prepare_started(id));
    if (kind == 1) facts_.emplace_back(one_phase_started(id));
    if (kind == 2) facts_.emplace_back(abort_told(id, "k" + std::to_string(below(1000)), now_));
    if (kind < 2) live_.insert(id);
    if (kind > 2 || below(2) == 0) decide(id);
  }

  void decide(const TransactionId& id) {
    auto decided = committed(id, below(3) == 0 ? to_text(id) : std::string{}, now_);
    if (below(2) == 0) {
      auto& session = sessions_[below(3)];
      decided.origin = {};
      decided.origin.client_session = session.name;
      decided.origin.sequence = ++session.sequence;
      session.acked_below = std::max(session.acked_below, session.sequence - std::min(session.sequence, below(4)));
      decided.origin.acked_below = session.acked_below;
    }
    facts_.emplace_back(decided);
    live_.insert(id);
    decided_.push_back(id);
  }

  void end_some() {
    fact::Ended ended;
    for (auto it = live_.begin(); it != live_.end();) {
      const bool ends = below(2) == 0;
      if (ends) ended.ids.push_back(*it);
      it = ends ? live_.erase(it) : std::next(it);
    }
    if (!ended.ids.empty()) facts_.emplace_back(ended);
  }

  /// A branch of a commit is reported on before it is settled; against an abort at any time.
  void report_heuristic() {
    if (const auto id = unsettled(); id && below(4) != 0) facts_.emplace_back(heuristic(*id, 1 + below(2)));
    if (below(4) == 0) facts_.emplace_back(heuristic(id_of(70 + below(9), {epoch_.epoch, 7}), 1));
  }

  /// A committed transaction that has not ended.
  std::optional<TransactionId> unsettled() {
    std::vector<TransactionId> ids;
    for (const auto& id : decided_) {
      if (live_.contains(id)) ids.push_back(id);
    }
    return ids.empty() ? std::nullopt : std::optional(ids[below(ids.size())]);
  }

  void let_operator_act() {
    using fact::OperatorAct;
    if (decided_.empty()) return;
    if (below(2) == 0) {
      return add_act(act(decided_[below(decided_.size())], 1 + below(2), OperatorAct::kForgot));
    }
    const auto id = unsettled();
    if (!id) return;
    static constexpr OperatorAct kActs[] = {OperatorAct::kSettledCommit, OperatorAct::kSettledAbort,
                                            OperatorAct::kRetired};
    auto acted = act(*id, 1 + below(2), kActs[below(3)]);
    acted.contradicts = acted.act == OperatorAct::kSettledAbort;
    acted.heuristic = HeuristicKind::kAbort;
    add_act(acted);
    if (below(4) == 0) add_act(act(id_of(50 + below(9), epoch_), 0, OperatorAct::kGapCommitted));
  }

  /// A branch is settled once; forgetting may be repeated.
  void add_act(const fact::OperatorActed& acted) {
    if (acted.act == fact::OperatorAct::kForgot || acted_.insert(acted.branch).second) facts_.emplace_back(acted);
  }

  void change_participants() {
    const std::string name = "p" + std::to_string(below(4));
    const auto kind = below(4);
    if (kind == 0) return void(facts_.emplace_back(fact::ParticipantRemoved{name, now_}));
    if (kind == 1)
      return void(facts_.emplace_back(fact::ParticipantChanged{name, below(2) == 0, "http://b", "", now_}));
    facts_.emplace_back(fact::ParticipantRegistered{name, ParticipantKind::kCallback, "http://a", "s", 4, 100, now_});
  }

  void note_mark() { facts_.emplace_back(fact::Mark{id_of(sequence_ + 1, epoch_), 0, now_}); }

  /// Never past a transaction that is live.
  void raise_horizon() {
    auto highest = live_.empty() ? id_of(sequence_ + 1, epoch_) : *live_.begin();
    if (decided_.empty()) return;
    highest = std::min(highest, decided_[decided_.size() / 2]);
    if (highest <= horizon_) return;
    horizon_ = highest;
    facts_.emplace_back(fact::Horizon{highest});
    std::erase_if(decided_, [this](const auto& id) { return id < horizon_; });
  }

  struct Session {
    std::string name;
    std::uint64_t sequence = 0;
    std::uint64_t acked_below = 0;
  };

  std::mt19937_64 random_;
  std::vector<Fact> facts_;
  EpochId epoch_;
  std::uint64_t sequence_ = 0;
  Millis now_ = 1000;
  std::set<TransactionId> live_;
  std::set<BranchId> acted_;
  std::vector<TransactionId> decided_;
  TransactionId horizon_;
  Session sessions_[3] = {{"s0"}, {"s1"}, {"s2"}};
};

}  // namespace

std::vector<Fact> random_history(std::uint64_t seed, int count) {
  return Historian(seed).write(count);
}

std::vector<Fact> fewest(const Known& known, Lsn cut) {
  std::vector<Fact> facts;
  Fewest set(known, cut);
  for (Fact fact; set.next(fact);) facts.push_back(fact);
  return facts;
}

std::vector<fact::CommitBits> bits_of(const Commits& commits) {
  std::vector<fact::CommitBits> facts;
  Commits::Position at;
  while (auto bits = commits.next_bits(at)) facts.push_back(std::move(*bits));
  return facts;
}

void expect_same(const Known& a, const Known& b) {
  EXPECT_EQ(a.epochs, b.epochs);
  EXPECT_EQ(a.gaps, b.gaps);
  EXPECT_EQ(a.horizon, b.horizon);
  EXPECT_TRUE(a.live == b.live);
  EXPECT_EQ(a.commits.count(), b.commits.count());
  EXPECT_EQ(bits_of(a.commits), bits_of(b.commits));
  EXPECT_TRUE(a.heuristics == b.heuristics);
  EXPECT_TRUE(a.acts == b.acts);
  ASSERT_EQ(a.participants.size(), b.participants.size());
  for (const auto& [name, participant] : a.participants) {
    EXPECT_EQ(participant.registered, b.participants.at(name).registered);
    EXPECT_EQ(participant.retired, b.participants.at(name).retired);
  }
  ASSERT_EQ(a.windows.size(), b.windows.size());
  for (const auto& [session, window] : a.windows) {
    EXPECT_EQ(window.acked_below, b.windows.at(session).acked_below);
    EXPECT_EQ(window.committed, b.windows.at(session).committed);
  }
  for (const auto& [id, reported] : a.heuristics) {
    const auto detail = a.details.find(id);
    ASSERT_EQ(detail != a.details.end(), b.details.contains(id));
    if (detail == a.details.end()) continue;
    EXPECT_EQ(detail->second.decided, b.details.at(id).decided);
  }
  EXPECT_EQ(a.marks, b.marks);
  EXPECT_EQ(a.last_lsn, b.last_lsn);
}

}  // namespace troth::recovery::testing
