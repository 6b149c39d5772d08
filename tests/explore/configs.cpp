#include "tests/explore/config.h"

namespace troth::explore {
namespace {

constexpr std::uint8_t kAnyVote = kCommits | kAborts | kReadsOnly;

void add_sessions(std::vector<Config>& all) {
  all.push_back({.name = "fault-free",
                 .what = "3 sessions, nothing fails, all vote commit (AC4)",
                 .sessions = 3,
                 .votes = kCommits,
                 .crashes = 0,
                 .must_commit = true});
  all.push_back({.name = "fault-free-callbacks",
                 .what = "1 session and 2 callbacks, nothing fails but requests and answers come late and again (AC4)",
                 .sessions = 1,
                 .callbacks = 2,
                 .votes = kCommits,
                 .crashes = 0,
                 .must_commit = true});
  all.push_back({.name = "sessions-3", .what = "3 sessions with payload, 2 crashes", .sessions = 3});
  all.push_back({.name = "sessions-3-broken",
                 .what = "3 sessions with payload, any vote, 1 connection breaks, no crash, the deadline",
                 .sessions = 3,
                 .votes = kAnyVote,
                 .crashes = 0,
                 .cuts = 1,
                 .unsent = 1,
                 .deadline = true});
  all.push_back({.name = "sessions-2",
                 .what = "2 sessions with payload, any vote, 2 crashes, 1 connection breaks, the deadline",
                 .sessions = 2,
                 .votes = kAnyVote,
                 .cuts = 1,
                 .unsent = 1,
                 .deadline = true});
  all.push_back(
      {.name = "runtime",
       .what = "2 sessions, any vote, 1 crash, 1 connection breaks, 1 call throws, timers, the SDK's memory full",
       .sessions = 2,
       .votes = kAnyVote,
       .crashes = 1,
       .cuts = 1,
       .throws = 1,
       .drops = true,
       .times = true});
}

void add_joined(std::vector<Config>& all) {
  all.push_back({.name = "joined",
                 .what = "2 sessions that enlist by themselves, 2 crashes, 1 connection breaks, the deadline, timers",
                 .sessions = 2,
                 .joined = true,
                 .cuts = 1,
                 .deadline = true,
                 .times = true});
  all.push_back({.name = "joined-races",
                 .what = "2 sessions that enlist when they like and again, 1 crash of them, clients commit early",
                 .sessions = 2,
                 .joined = true,
                 .votes = kCommits,
                 .crashes = 1,
                 .epochs = 1,
                 .repeats = true});
}

void add_callbacks(std::vector<Config>& all) {
  all.push_back({.name = "callbacks-3",
                 .what = "3 callbacks, 1 crash of the coordinator",
                 .callbacks = 3,
                 .crashes = 1,
                 .forgets_late = true});
  all.push_back({.name = "callbacks-2",
                 .what = "2 callbacks, any vote, 1 crash of the coordinator, the deadline",
                 .callbacks = 2,
                 .votes = kAnyVote,
                 .crashes = 1,
                 .unsent = 1,
                 .deadline = true});
  all.push_back({.name = "mixed-3",
                 .what = "2 sessions and 1 callback, 1 crash",
                 .sessions = 2,
                 .callbacks = 1,
                 .crashes = 1,
                 .forgets_late = true});
  all.push_back({.name = "mixed-2",
                 .what = "1 session and 1 callback, any vote, 2 crashes, the deadline",
                 .sessions = 1,
                 .callbacks = 1,
                 .votes = kAnyVote,
                 .unsent = 1,
                 .deadline = true});
}

void add_one_phase(std::vector<Config>& all) {
  Config payload{.name = "one-phase",
                 .what = "1 session, one phase, 2 crashes, 2 connections break, 1 call throws, all that clients do",
                 .sessions = 1,
                 .one_phase = true,
                 .cuts = 2,
                 .throws = 1,
                 .unsent = 1,
                 .deadline = true,
                 .aborts = true,
                 .repeats = true,
                 .drops = true,
                 .times = true};
  all.push_back(payload);
  payload.name = "one-phase-keyed";
  payload.what = "the same, begun under a key";
  payload.keyed = true;
  all.push_back(payload);
  all.push_back({.name = "one-phase-joined",
                 .what = "1 session that enlists by itself, one phase, 2 crashes, 1 connection breaks, the deadline",
                 .sessions = 1,
                 .joined = true,
                 .one_phase = true,
                 .cuts = 1,
                 .unsent = 1,
                 .deadline = true,
                 .aborts = true,
                 .times = true});
}

void add_people(std::vector<Config>& all) {
  all.push_back({.name = "clients",
                 .what = "2 sessions, one enlisted late over HTTP, 1 crash, under a key, all that clients do",
                 .sessions = 2,
                 .keyed = true,
                 .symmetric = false,
                 .crashes = 1,
                 .cuts = 1,
                 .deadline = true,
                 .aborts = true,
                 .repeats = true,
                 .late_enlist = true});
  all.push_back({.name = "operators",
                 .what = "1 session and 1 callback, 1 crash, 1 act of an operator",
                 .sessions = 1,
                 .callbacks = 1,
                 .symmetric = false,
                 .crashes = 1,
                 .acts = 1,
                 .forgets_late = true});
  all.push_back({.name = "heuristics",
                 .what = "2 sessions, 1 crash, 1 branch settled by hand, 1 act of an operator, the deadline",
                 .sessions = 2,
                 .symmetric = false,
                 .votes = kCommits,
                 .crashes = 1,
                 .deadline = true,
                 .hands = 1,
                 .acts = 1});
  all.push_back({.name = "heuristics-mixed",
                 .what = "1 session and 1 callback, any vote, no crash, 1 branch settled by hand, the deadline",
                 .sessions = 1,
                 .callbacks = 1,
                 .symmetric = false,
                 .votes = kAnyVote,
                 .crashes = 0,
                 .unsent = 1,
                 .deadline = true,
                 .hands = 1});
}

/// Less may go wrong here, and everybody interferes: for the cells of PROTOCOL.md that need it.
void add_crowds(std::vector<Config>& all) {
  all.push_back({.name = "crowd",
                 .what = "1 session that enlists by itself and 1 callback, 1 crash, clients abort, 1 settled by hand",
                 .sessions = 1,
                 .callbacks = 1,
                 .joined = true,
                 .symmetric = false,
                 .votes = kCommits,
                 .crashes = 1,
                 .epochs = 1,
                 .aborts = true,
                 .hands = 1,
                 .forgets_late = true});
  all.push_back({.name = "crowd-late",
                 .what = "1 callback and 1 session enlisted late, no crash, clients and operators, 1 settled by hand",
                 .sessions = 1,
                 .callbacks = 1,
                 .symmetric = false,
                 .votes = kCommits,
                 .crashes = 0,
                 .deadline = true,
                 .aborts = true,
                 .repeats = true,
                 .late_enlist = true,
                 .hands = 1,
                 .forgets_late = true});
}

/// The same, most of them in one phase.
void add_one_phase_crowds(std::vector<Config>& all) {
  all.push_back({.name = "crowd-one-phase",
                 .what = "1 session enlisted late, one phase, 1 crash, clients and operators, 1 half done by hand",
                 .sessions = 1,
                 .one_phase = true,
                 .crashes = 1,
                 .deadline = true,
                 .aborts = true,
                 .repeats = true,
                 .late_enlist = true,
                 .hands = 1,
                 .acts = 1});
  all.push_back({.name = "crowd-late-one-phase",
                 .what = "2 sessions, one enlisted late, one phase for the other, 1 crash",
                 .sessions = 2,
                 .one_phase = true,
                 .symmetric = false,
                 .crashes = 1,
                 .late_enlist = true});
  all.push_back({.name = "crowd-joined-one-phase",
                 .what = "1 session that enlists by itself and again, one phase, 1 crash of it",
                 .sessions = 1,
                 .joined = true,
                 .one_phase = true,
                 .crashes = 1,
                 .epochs = 1,
                 .deadline = true,
                 .repeats = true});
  all.push_back({.name = "crowd-callbacks",
                 .what = "2 callbacks, no crash, 1 settled by hand, 1 act of an operator",
                 .callbacks = 2,
                 .symmetric = false,
                 .votes = kCommits,
                 .crashes = 0,
                 .deadline = true,
                 .hands = 1,
                 .acts = 1,
                 .forgets_late = true});
  all.push_back({.name = "crowd-operators",
                 .what = "1 session, 1 crash, clients and operators",
                 .sessions = 1,
                 .crashes = 1,
                 .deadline = true,
                 .aborts = true,
                 .repeats = true,
                 .acts = 1});
}

std::vector<Config> make() {
  std::vector<Config> all;
  add_sessions(all);
  add_joined(all);
  add_callbacks(all);
  add_one_phase(all);
  add_people(all);
  add_crowds(all);
  add_one_phase_crowds(all);
  return all;
}

}  // namespace

const std::vector<Config>& configs() {
  static const std::vector<Config> all = make();
  return all;
}

}  // namespace troth::explore
