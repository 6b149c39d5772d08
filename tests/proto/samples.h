// tests/proto/samples.h: one full value of every fact, message, request and view, every field other than its default.
#pragma once

#include <vector>

#include "proto/values/client_messages.h"
#include "proto/values/facts.h"
#include "proto/values/messages.h"

namespace troth::samples {

inline TransactionId id(std::uint64_t sequence = 118204) {
  return {{0x0f1a2b3c4d5e6f70ULL}, 7, {3, 0x89abcdef}, sequence};
}
inline BranchId branch(std::uint32_t n = 2) {
  return {id(), n};
}
inline RequestOrigin origin() {
  return {"key-1", std::string(16, '\xfe'), std::string(16, '\x01'), 42, 40};
}
inline DecidedBranch decided(std::uint32_t n = 1) {
  return {n, "bank-a", "bank-a-1", "key", "http://127.0.0.1:9/x", Routing::kPinned, true};
}

inline std::vector<Fact> facts() {
  namespace f = fact;
  const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  return {f::EpochStarted{{3, 0xffffffff}, 17, 1'700'000'000'123},
          f::PrepareStarted{id(), {decided(1), decided(2)}, origin(), "label", trace, 5},
          f::OnePhaseStarted{id(), decided(), origin(), "label", trace, 6},
          f::CommitDecided{id(), {decided(1), decided(300)}, origin(), "Überweisung", trace, 7, -8, 9, true},
          f::AbortTold{id(), origin(), AbortReason::kRestart, "label", 10, 11, trace},
          f::Ended{{id(1), id(kMaxSequence)}},
          f::GapOpened{{1, 2}, {3, 4}, 12},
          f::Checkpoint{~Lsn{0}},
          f::HeuristicReported{branch(), "bank-b", HeuristicKind::kMixed, "found half of it", 13},
          f::OperatorActed{{id(), 0}, f::OperatorAct::kGapAborted, "ann", "said so", HeuristicKind::kCommit, true, 14},
          f::ParticipantRegistered{"bank-c", ParticipantKind::kCallback, "http://x", std::string("\0\xff", 2), 4, 5, 6},
          f::ParticipantChanged{"bank-c", true, "http://y", "moved", 15},
          f::ParticipantRemoved{"bank-c", 16},
          f::Horizon{id(9)},
          f::CommitBits{{2, 0x80000000}, 100, std::string("\0\xff\x01", 3)},
          f::ClientWindow{std::string(16, 'c'), 7, {{8, id(8)}, {9, id(9)}}},
          f::Mark{id(10), 17, 18}};
}

inline std::vector<session::Message> messages() {
  namespace s = session;
  s::Hello hello{1, 2, "bank-a", "bank-a-1", "inc\xff", Routing::kPinned, {"xa", "json"}, "secret", {}, 64};
  hello.seen = {{{1}, {2, 3}, 4}, {{5}, {6, 7}, 8}};
  s::Welcome welcome{1, {9}, 7, {3, 4}, id(5), 10, 11, 12, 13, 14, "0.1.0"};
  s::Prepare prepare{branch(), R"({"a":1})", PayloadType::kJson, true, 500, 2, "00-trace"};
  s::CommitOnePhase one{branch(), std::string("\0\x80", 2), PayloadType::kBytes, true, 501, 3, "00-trace"};
  return {hello,
          welcome,
          s::Recover{{branch(1), branch(2)}, false},
          prepare,
          one,
          s::Vote{branch(), VoteKind::kReadOnly, "nothing to do"},
          s::Commit{branch(), 77, 4},
          s::Abort{branch(), 5},
          s::Ack{branch(), AckResult::kHeuristicMixed},
          s::Inquire{branch()},
          s::Decision{branch(), DecisionKind::kForeignLog},
          s::Enlist{id(), "key"},
          s::Enlisted{id(), "key", branch(), 900, ""},
          s::Forget{{branch(1), branch(4)}, id(3)},
          s::Credit{12},
          s::Goodbye{"draining"}};
}
inline session::Frame frame() {
  return {{0x1122334455667788ULL}, 3, messages()};
}

inline BranchView branch_view() {
  BranchView view;
  view.n = 1;
  view.participant = "bank-a";
  view.key = "k";
  view.instance = "bank-a-1";
  view.connected = true;
  view.state = BranchState::kReadOnly;
  view.vote = VoteKind::kReadOnly;
  view.vote_reason = "why";
  view.in_doubt = true;
  view.heuristic = HeuristicKind::kHazard;
  view.attempts = 3;
  view.last_error = ErrorView{"timeout", "no answer", 1};
  view.next_attempt_at = 2;
  view.waiting_for = "vote";
  return view;
}

inline TransactionView view() {
  TransactionView v;
  v.id = id();
  v.label = "order-4711";
  v.phase = Phase::kFinished;
  v.outcome = Outcome::kAborted;
  v.effects_none = true;
  v.heuristic = HeuristicKind::kAbort;
  v.abort_reason = AbortReason::kBranchCount;
  v.attention = Attention::kUndelivered;
  v.lsn = 118204;
  v.revision = 7;
  v.timeout_ms = 30000;
  v.begun_at = 1'700'000'000'000;
  v.deadline_at = 1'700'000'030'000;
  v.decided_at = 1'700'000'000'001;
  v.finished_at = 1'700'000'000'002;
  v.traceparent = "00-trace";
  v.branches = {branch_view(), BranchView{}};
  v.timeline = {{3, "begun", 1, "detail"}, {4, "decided", std::nullopt, std::nullopt}};
  v.allowed_actions = {{"abort", "aborts it", "none", "decided"}, {"retry", "asks again", "none", std::nullopt}};
  return v;
}

inline ParticipantView participant_view() {
  ParticipantView v;
  v.name = "bank-a";
  v.kind = ParticipantKind::kCallback;
  v.routing = Routing::kPinned;
  v.url = "http://x";
  v.state = ParticipantState::kRetired;
  v.instances = {{"i", "127.0.0.1:5", 1, 1, 2, 3}};
  v.live_branches = 4;
  v.in_doubt_branches = 5;
  v.oldest_in_doubt_ms = 6;
  v.hazards = 7;
  v.registered_at = 8;
  v.last_seen_at = 9;
  v.last_error = ErrorView{"c", "d", 10};
  return v;
}

inline client_session::FromClient from_client() {
  namespace r = request;
  r::Begin begin;
  begin.label = "order";
  begin.timeout_ms = 5000;
  begin.wait = Wait::kCompleted;
  begin.one_phase = true;
  begin.commit = true;
  begin.traceparent = "00-trace";
  begin.branches = {{"bank-a", "k", PayloadType::kJson, R"({"a":1,"b":[true,null]})"},
                    {"bank-b", "", PayloadType::kBytes, std::string("\0\xff", 2)},
                    {"bank-c", "", PayloadType::kNone, ""}};
  client_session::FromClient frame;
  frame.hello = client_session::ClientHello{std::string(16, 's'), 1};
  const EpochId epoch{3, 0xfedcba98};
  frame.requests = {{1, epoch, 1, begin},
                    {2, epoch, 1, r::Enlist{id(), begin.branches[0]}},
                    {3, epoch, 2, r::Commit{id(), Wait::kCompleted, 2}},
                    {4, epoch, 2, r::Abort{id(), "changed my mind"}},
                    {5, epoch, 5, r::Get{id(), 7}}};
  return frame;
}

inline answer::Refused refused() {
  return {{Slug::kAborted, "The transaction aborted: a participant refused.", "/branches/0"}, view()};
}
inline client_session::ToClient to_client() {
  client_session::ToClient frame;
  frame.welcome = client_session::ClientWelcome{{5}, {3, 4}, id(1), 256};
  frame.replies = {{1, answer::Transaction{202, view()}},
                   {2, answer::Branch{200, id(), branch_view()}},
                   {3, refused()},
                   {4, answer::Refused{{Slug::kBadField, "detail", ""}, std::nullopt}}};
  return frame;
}

}  // namespace troth::samples
