#include "proto/values/words.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "proto/codec/enums.h"
#include "proto/values/problem.h"

namespace troth {
namespace {

template <class E>
std::string all_words() {
  std::string all;
  for (std::uint64_t i = 0; i < codec::count_of(E{}); ++i) {
    using codec::word;
    all += (i == 0 ? "" : " ") + std::string(word(static_cast<E>(i)));
  }
  return all;
}

TEST(Words, AreThoseOfTheSpecification) {
  EXPECT_EQ(all_words<Phase>(), "active preparing committing aborting finished");
  EXPECT_EQ(all_words<BranchState>(),
            "active preparing prepared read_only refused committing committed aborting aborted heuristic");
  EXPECT_EQ(all_words<VoteKind>(), "commit abort read_only");
  EXPECT_EQ(all_words<Outcome>(), "committed aborted");
  EXPECT_EQ(all_words<HeuristicKind>(), "commit abort mixed hazard");
  EXPECT_EQ(all_words<AbortReason>(), "vote deadline client operator unreachable branch_count incarnation restart");
  EXPECT_EQ(all_words<Attention>(), "undecided undelivered heuristic");
  EXPECT_EQ(all_words<DecisionKind>(), "commit abort undecided unknown foreign_log");
  EXPECT_EQ(all_words<AckResult>(),
            "committed aborted heuristic_commit heuristic_abort heuristic_mixed unknown_branch");
  EXPECT_EQ(all_words<ParticipantKind>(), "session callback");
  EXPECT_EQ(all_words<Routing>(), "any pinned");
  EXPECT_EQ(all_words<ParticipantState>(), "connected disconnected retired");
  EXPECT_EQ(all_words<Wait>(), "decided completed");
  EXPECT_EQ(all_words<ResolveAction>(), "commit abort forget");
}

TEST(Words, ParseBackAndNothingElse) {
  EXPECT_EQ(parse_phase("aborting"), Phase::kAborting);
  EXPECT_EQ(parse_wait("completed"), Wait::kCompleted);
  EXPECT_EQ(parse_routing("pinned"), Routing::kPinned);
  EXPECT_EQ(parse_resolve_action("forget"), ResolveAction::kForget);
  EXPECT_EQ(parse_outcome("aborted"), Outcome::kAborted);
  for (const char* text : {"", "Active", " active", "in_doubt", "decided "}) {
    EXPECT_FALSE(parse_phase(text)) << text;
    EXPECT_FALSE(parse_wait(text)) << text;
  }
}

/// The list of the specification: status, then its slugs.
constexpr const char* kProblems = R"(
400 bad-request bad-upgrade bad-json bad-protobuf bad-field unknown-field duplicate-field bad-id bad-parameter
400 unsupported-scheme address-refused
404 no-such-route unknown-transaction unknown-participant unknown-branch
405 method-not-allowed
406 not-acceptable
408 request-timeout
409 aborted committed prepare-began branch-conflict no-branches participant-in-use participant-conflict action-refused
409 ask-operator
410 expired cursor-expired
412 revision-changed
413 too-large
415 unsupported-media-type
421 foreign-log
422 idempotency-key-reused too-many-branches
426 upgrade-required
429 limit-reached
431 headers-too-large
503 starting draining disk-full overloaded
)";

TEST(Problems, TheTableIsTheListOfTheSpecification) {
  std::istringstream lines(kProblems);
  std::set<std::string> seen;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    int status = 0;
    words >> status;
    for (std::string slug; words >> slug;) {
      const auto parsed = parse_slug(slug);
      ASSERT_TRUE(parsed) << slug;
      EXPECT_EQ(info(*parsed).status, status) << slug;
      EXPECT_EQ(info(*parsed).text, slug);
      EXPECT_FALSE(info(*parsed).title.empty());
      EXPECT_EQ(info(*parsed).retryable, status == 503 || status == 429 || status == 408) << slug;
      seen.insert(slug);
    }
  }
  EXPECT_EQ(seen.size(), kSlugCount);
  EXPECT_FALSE(parse_slug("no-such-slug"));
}

}  // namespace
}  // namespace troth
