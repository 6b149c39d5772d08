// Random histories: what is listed as allowed is accepted, what is listed as blocked is refused in the listed words,
// and whoever sees another view sees another revision.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "proto/codec/api_json.h"
#include "tests/engine/desk.h"

namespace troth::test {
namespace {

const std::vector<std::string> kBanks = {"bank-a", "bank-b", "bank-c", "bank-d"};

struct Walk : Desk {
  explicit Walk(std::uint32_t seed) : random(seed) { open = {{"bank-a", a}, {"bank-b", b}}; }

  std::uint32_t below(std::uint32_t n) { return std::uniform_int_distribution<std::uint32_t>(0, n - 1)(random); }
  template <class T>
  const T& any(const std::vector<T>& of) {
    return of[below(static_cast<std::uint32_t>(of.size()))];
  }

  void begin_some() {
    std::set<std::string> names;
    for (std::uint32_t i = 0, n = 1 + below(3); i < n; ++i) names.insert(any(kBanks));
    auto begin = transfer({names.begin(), names.end()}, below(2) == 0);
    begin.one_phase = true;
    begin.timeout_ms = 20'000 + below(20'000);
    if (begin.commit) begin.wait = below(2) == 0 ? Wait::kDecided : Wait::kCompleted;
    ask(begin);
    made.push_back({kLog, 0, epoch(), ++sequence});
    if (!std::get_if<answer::Transaction>(answer_of_get(made.back()))) {  // refused: a bank is retired
      made.pop_back();
      --sequence;
    }
  }
  const answer::Answer* answer_of_get(const TransactionId& id) { return answer(ask(request::Get{id, {}})); }

  void say_something(const TransactionView& shown) {
    if (shown.branches.empty()) return;
    const BranchView& branch = any(shown.branches);
    const BranchId id{shown.id, branch.n};
    const auto other = [&] { return static_cast<std::uint32_t>(below(6)); };
    switch (below(8)) {
      case 0:
      case 1:
      case 2: return speak(branch.participant, session::Vote{id, VoteKind::kCommit, ""});
      case 3: return speak(branch.participant, session::Vote{id, static_cast<VoteKind>(below(3)), "because"});
      case 4:
      case 5: return speak(branch.participant, session::Ack{id, AckResult::kCommitted});
      case 6: return speak(branch.participant, session::Ack{id, static_cast<AckResult>(other())});
      default: return fail_callback(id, below(2) == 0 ? "timeout" : "refused");
    }
  }
  void speak(const std::string& who, session::Message message) {
    if (who == "bank-c") return said(who, std::move(message));
    const auto found = open.find(who);
    if (found != open.end()) say(found->second, std::move(message));
  }
  void come_or_go() {
    const std::string who = any(kBanks);
    if (who == "bank-c") return;
    if (const auto found = open.find(who); found != open.end()) {
      disconnect(found->second);
      open.erase(found);
      return;
    }
    session::Hello hello;
    hello.participant = who;
    hello.instance = who.substr(5) + "1";
    hello.incarnation = std::to_string(below(3));
    hello.routing = who == "bank-b" ? Routing::kPinned : Routing::kAny;
    if (who == "bank-d") hello.capabilities = {"one-phase"};
    open[who] = connect(hello);
  }
  void die() {
    if (below(2) == 0) {
      crash();
    } else {
      rebuild();
    }
    open.clear();
    sequence = 0;
  }
  /// One thing that may happen, to one of the transactions.
  void happen() {
    if (made.empty() || below(6) == 0) return begin_some();
    const TransactionId id = any(made);
    const auto* got = answer_of_get(id);
    const auto* told = got ? std::get_if<answer::Transaction>(got) : nullptr;
    switch (below(12)) {
      case 0: ask(request::Commit{id, Wait::kDecided, {}}); return;
      case 1: come_or_go(); return;
      case 2: come_or_go(); return;
      case 3: pass(below(3'000)); return;
      case 4: pass(below(2) == 0 ? 1 : 40'000); return;
      case 5:
        if (below(12) == 0) return die();
        [[fallthrough]];
      default:
        if (told) say_something(TransactionView(told->view));
    }
  }

  std::mt19937 random;
  std::uint64_t sequence = 0;
  std::vector<TransactionId> made;
  std::map<std::string, engine::ConnectionId> open;
};

struct Seen {
  std::uint64_t revision = 0;
  std::string text;
};

/// What differs under the same revision would be a lie to If-Match and to who polls.
void check_revision(std::map<TransactionId, Seen>& seen, TransactionView view) {
  for (std::size_t i = 1; i < view.timeline.size(); ++i) {
    EXPECT_LE(view.timeline[i - 1].at, view.timeline[i].at) << codec::write_json(view);
  }
  Seen& last = seen[view.id];
  const std::uint64_t revision = std::exchange(view.revision, 0);
  const std::string text = codec::write_json(view);
  EXPECT_GE(revision, last.revision) << to_text(view.id);
  if (text != last.text) {
    EXPECT_GT(revision, last.revision) << last.text << "\n" << text;
  }
  last = {revision, text};
}

struct Tried {
  bool done = false;
  std::string refused;  // the words
};

/// Does at the API what the list speaks of.
Tried attempt(Walk& walk, const TransactionId& id, const AllowedAction& action) {
  const auto colon = action.action.find(':');
  const std::string verb = action.action.substr(0, colon);
  const std::string about = colon == std::string::npos ? "" : action.action.substr(colon + 1);
  engine::ReplyTo reply = 0;
  if (verb == "abort") {
    reply = walk.ask(request::Abort{id, "at the desk"});
  } else if (verb == "retire") {
    reply = walk.ask(request::RetireParticipant{about, "gone", false});
  } else {
    const BranchId branch{id, static_cast<std::uint32_t>(std::stoul(about))};
    if (verb == "retry") {
      reply = walk.ask(request::Retry{branch, {}});
    } else if (verb == "forget") {
      reply = walk.ask(walk.resolve(branch, ResolveAction::kForget));
    } else {
      const auto as = verb == "resolve-commit" ? ResolveAction::kCommit : ResolveAction::kAbort;
      reply = walk.ask(walk.resolve(branch, as, true));
    }
  }
  const auto* answer = walk.answer(reply);
  if (!answer) return {};
  const auto* refused = std::get_if<answer::Refused>(answer);
  return refused ? Tried{false, refused->problem.detail} : Tried{true, {}};
}

void check_action(Walk& walk, const TransactionView& view, const AllowedAction& action,
                  std::map<std::string, int>& coverage) {
  const std::string verb = action.action.substr(0, action.action.find(':'));
  if (verb == "retire" && walk.below(8) != 0) return;  // there are few banks
  ++coverage[verb + (action.blocked_because ? " blocked" : " allowed")];
  EXPECT_FALSE(action.effect.empty());
  EXPECT_FALSE(action.risk.empty());
  const Lsn before = walk.log.records().size();
  const Tried tried = attempt(walk, view.id, action);
  const std::string context = action.action + " of " + codec::write_json(view);
  if (!action.blocked_because) {
    EXPECT_TRUE(tried.done) << tried.refused << "\n" << context;
    return;
  }
  EXPECT_FALSE(tried.done) << context;
  EXPECT_EQ(walk.log.records().size(), before) << context;
  const bool is_waiting = verb == "abort" && !view.outcome;  // in one phase the answer comes with the outcome
  if (!is_waiting) {
    EXPECT_EQ(tried.refused, *action.blocked_because) << context;
  }
}

void check_attention(Walk& walk) {
  std::set<TransactionId> expected;
  for (const TransactionId& id : walk.made) {
    const auto* got = walk.answer_of_get(id);
    const auto* told = got ? std::get_if<answer::Transaction>(got) : nullptr;
    if (told && told->view.attention) expected.insert(id);
  }
  const auto listed = walk.in_state(request::StateFilter::kAttention);
  EXPECT_EQ(std::set<TransactionId>(listed.begin(), listed.end()), expected);
}

TEST(AllowedActions, SayWhatTheVerbsReallyDoInEveryState) {
  std::map<std::string, int> coverage;
  for (std::uint32_t seed = 1; seed <= 120; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Walk walk(seed);
    std::map<TransactionId, Seen> seen;
    for (int step = 0; step < 120 && !testing::Test::HasFailure(); ++step) {
      walk.sent.clear();
      walk.happen();
      for (const TransactionId& id : walk.made) {
        const auto* got = walk.answer_of_get(id);
        const auto* told = got ? std::get_if<answer::Transaction>(got) : nullptr;
        if (told) check_revision(seen, told->view);
      }
      if (walk.made.empty() || walk.below(2) != 0) continue;
      const auto* got = walk.answer_of_get(walk.any(walk.made));
      const auto* told = got ? std::get_if<answer::Transaction>(got) : nullptr;
      if (!told || told->view.allowed_actions.empty()) continue;
      const TransactionView view = told->view;
      check_action(walk, view, walk.any(view.allowed_actions), coverage);
    }
    if (!testing::Test::HasFailure()) check_attention(walk);
  }
  for (const char* cell : {"abort allowed", "abort blocked", "retry allowed", "retry blocked", "resolve-commit allowed",
                           "resolve-commit blocked", "resolve-abort allowed", "resolve-abort blocked", "forget allowed",
                           "forget blocked", "retire allowed"}) {
    EXPECT_GE(coverage[cell], 10) << cell;
  }
}

}  // namespace
}  // namespace troth::test
