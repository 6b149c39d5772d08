// What must hold of a SimBank, whatever happened to its disk.
#include <sstream>

#include "tests/sdk/adapters/sim_bank.h"

namespace troth::testing {
namespace {

constexpr int kPrepared = 1, kCommitted = 2, kAborted = 3, kCommittedOnePhase = 4;  // troth_branch.state

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

/// "a=1 b=2", with the left sides as numbers.
template <class Number>
std::map<int, int> pairs_of(const std::string& text, const Number& number) {
  std::map<int, int> pairs;
  for (const std::string& word : words_of(text)) {
    const auto equals = word.find('=');
    pairs[number(word.substr(0, equals))] = std::stoi(word.substr(equals + 1));
  }
  return pairs;
}

int number_of_branch(const std::string& text) {
  return static_cast<int>(parse_branch_id(text)->transaction.sequence);
}

}  // namespace

std::map<int, SimBank::Found> SimBank::look() {
  std::map<int, Found> found;
  const auto balances = pairs_of(read("SELECT group_concat(id || '=' || balance, ' ') FROM account"),
                                 [](const std::string& id) { return std::stoi(id); });
  const auto states = pairs_of(read("SELECT group_concat(branch || '=' || state, ' ') FROM troth_branch "
                                    "WHERE hex(substr(key, 19, 6)) <= '000000000064'"),
                               number_of_branch);
  for (int n = 1; n <= kBranches; ++n) {
    const int from = balances.at(2 * n);
    const int to = balances.at(2 * n + 1);
    found[n].moved = from == kBalance - 1;
    if (from + to != 2 * kBalance || (!found[n].moved && from != kBalance)) {
      say_wrong("accounts of branch " + std::to_string(n) + " have " + std::to_string(from) + " and " +
                std::to_string(to));
    }
    if (const auto state = states.find(n); state != states.end()) found[n].state = state->second;
  }
  return found;
}

/// `gone_is_right`: its marker or tombstone may be deleted.
std::string SimBank::law_of_told(const Asked& asked, const Found& found, bool gone_is_right) const {
  const bool gone = found.state == 0;
  const bool is_committed = found.state == kCommitted || found.state == kCommittedOnePhase;
  if (asked.committed && !is_committed && !(gone && gone_is_right)) return "was told committed and is not";
  if (asked.committed && !found.moved) return "was told committed, and the money did not move";
  if (asked.aborted && found.state != kAborted && !(gone && gone_is_right)) return "was told aborted and is not";
  if (asked.aborted && found.moved) return "was told aborted, and the money moved";
  if (asked.voted && gone && !gone_is_right) return "voted commit and is lost";
  return "";
}

std::string SimBank::law_of(int n, const Found& found, bool below_horizon) const {
  const auto known = asked_.find(n);
  const Asked asked = known == asked_.end() ? Asked{} : known->second;
  const bool gone_is_right = below_horizon || (asked.forget && !asked.one_phase);
  if (std::string broken = law_of_told(asked, found, gone_is_right); !broken.empty()) return broken;
  if (asked.runs > 1) return "ran its payload twice";
  switch (found.state) {
    case 0:
      if (found.moved && !gone_is_right) return "moved money and left no marker";
      return "";
    case kPrepared:
      if (!asked.prepare) return "is prepared, and nobody asked for it";
      return found.moved ? "is prepared, and its changes can be read" : "";
    case kCommitted:
      if (!asked.commit && !asked.one_phase) return "is committed, and nobody asked for it";
      return found.moved ? "" : "has a marker, and the money did not move";
    case kCommittedOnePhase:
      if (!asked.one_phase) return "is committed in one phase, and nobody asked for it";
      return found.moved ? "" : "has a marker, and the money did not move";
    case kAborted:
      if (!asked.abort && !asked.one_phase) return "is aborted, and nobody asked for it";
      return found.moved ? "has a tombstone, and the money moved" : "";
    default: return "has state " + std::to_string(found.state);
  }
}

std::string SimBank::seen_by_a_stranger() {
  const auto found = look();
  const std::string horizon = read("SELECT substr(hex(horizon), -12) FROM troth_horizon");
  const int below = horizon.empty() ? 0 : std::stoi(horizon, nullptr, 16);
  std::size_t prepared = 0;
  for (const auto& [n, one] : found) {
    if (const std::string broken = law_of(n, one, n < below); !broken.empty()) {
      return "branch " + std::to_string(n) + " " + broken;
    }
    prepared += one.state == kPrepared ? 1 : 0;
  }
  if (read("SELECT count(*) FROM troth_lock") != std::to_string(2 * prepared)) {
    return "there are other locks than those of the prepared branches";
  }
  return wrong_;
}

std::string SimBank::broken_law() {
  if (!is_alive()) return "the process is not alive";
  if (std::string broken = seen_by_a_stranger(); !broken.empty()) return broken;
  std::set<int> prepared;
  for (const auto& [n, one] : look()) {
    if (one.state == kPrepared) prepared.insert(n);
  }
  if (in_doubt() != prepared) return "in_doubt() is not what is prepared";
  if (read("SELECT integrity_check FROM pragma_integrity_check") != "ok") return "the database is damaged";
  return wrong_;
}

std::string SimBank::finish() {
  const auto found = look();
  for (const auto& [n, asked] : std::map(asked_)) {
    const int state = found.at(n).state;
    // Nothing of it is here, or it was aborted: asked again, it must not run.
    if (state == 0 || state == kAborted) {
      for (const unsigned attempt : {1u, 2u}) {
        if (state == 0 && attempt == 1) continue;
        Vote vote = Vote::kCommit;
        if (!ask([&, number = n] { vote = resource_->prepare(branch_of(number, attempt)); }))
          return "it does not answer";
        if (vote.kind() != Vote::kAbort) return "branch " + std::to_string(n) + " votes again";
      }
    }
    if (state == kCommitted) commit(n);
    if (state != kPrepared) continue;
    asked_[n].voted = true;
    asked.commit || (!asked.abort && n % 2 == 0) ? commit(n) : abort(n);
  }
  int fresh = kBranches;
  while (asked_.count(fresh) != 0) --fresh;
  prepare(fresh);
  commit(fresh);
  if (!asked_[fresh].committed) return "nothing new can be committed";
  if (!in_doubt().empty()) return "branches stay in doubt";
  return broken_law();
}

}  // namespace troth::testing
