#include "tests/explore/search.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "tests/explore/promises.h"

namespace troth::explore {
namespace {

using Id = std::uint32_t;
constexpr Id kNone = ~Id{0};

/// The states seen, by 128 bits of hash: with 10^8 states two differ in fewer than one run of 10^22.
class Seen {
 public:
  Seen() : slots_(1u << 16) {}

  /// The state's number, and whether it is new.
  std::pair<Id, bool> add(const std::string& bytes) {
    const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
    if ((hashes_.size() + 1) * 2 > slots_.size()) grow();
    std::size_t at = hash.low64 & (slots_.size() - 1);
    for (const auto tag = tag_of(hash); slots_[at].id != kNone; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at].tag != tag) continue;
      const XXH128_hash_t& other = hashes_[slots_[at].id];
      if (other.low64 == hash.low64 && other.high64 == hash.high64) return {slots_[at].id, false};
    }
    slots_[at] = {static_cast<Id>(hashes_.size()), tag_of(hash)};
    hashes_.push_back(hash);
    return {slots_[at].id, true};
  }
  std::size_t size() const { return hashes_.size(); }

 private:
  struct Slot {
    Id id = kNone;
    std::uint32_t tag = 0;  // spares most looks at the hash itself
  };
  static std::uint32_t tag_of(const XXH128_hash_t& hash) { return static_cast<std::uint32_t>(hash.high64); }

  void grow() {
    std::vector<Slot> larger(slots_.size() * 2);
    for (Id id = 0; id < hashes_.size(); ++id) {
      std::size_t at = hashes_[id].low64 & (larger.size() - 1);
      while (larger[at].id != kNone) at = (at + 1) & (larger.size() - 1);
      larger[at] = {id, tag_of(hashes_[id])};
    }
    slots_.swap(larger);
  }

  std::vector<Slot> slots_;
  std::vector<XXH128_hash_t> hashes_;
};

/// The states of one distance from the start, as bytes.
class Level {
 public:
  void push(const std::string& bytes) {
    bytes_.push_back(static_cast<char>(bytes.size()));
    bytes_ += bytes;
  }
  bool pop(std::string& bytes) {
    if (at_ == bytes_.size()) return false;
    const std::size_t size = static_cast<unsigned char>(bytes_[at_]);
    bytes.assign(bytes_, at_ + 1, size);
    at_ += 1 + size;
    return true;
  }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
};

class Search {
 public:
  Search(const Config& config, mutants::Cells* cells) : config_(config), actions_(config, cells) {}

  Report run() {
    const std::clock_t begin = std::clock();
    visit();
    if (report_.violation.empty() && report_.is_exhaustive) check_ends();
    report_.states = seen_.size();
    report_.seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    return report_;
  }

 private:
  void visit() {
    World world = actions_.first();
    encode(config_, world, bytes_);
    note(bytes_, kNone, Action{});
    Id id = 0;
    std::string present;
    for (bool has_more = true; has_more;) {
      Level level = std::exchange(next_, Level{});
      has_more = false;
      while (level.pop(present)) {
        has_more = true;
        edges_of_.push_back(edges_.size());
        decode(config_, present, world);
        if (!expand(world, id++)) return;
      }
    }
  }

  /// False: stop, something is wrong or it is too much.
  bool expand(const World& world, Id id) {
    if (is_finished(config_, world)) finished_.push_back(id);
    possible_.clear();
    actions_.possible(world, possible_);
    for (const Action& action : possible_) {
      after_ = world;
      actions_.take(after_, action);
      ++report_.transitions;
      if (after_.violation != nullptr) return fail(after_.violation, id, &action);
      encode(config_, after_, bytes_);
      const auto [to, is_new] = note(bytes_, id, action);
      if (is_new) {
        if (const char* broken = broken_promise(config_, after_)) return fail(broken, to, nullptr);
      }
      if (to != id && action.what == Do::kStranger) return fail("a stranger is heard", id, &action);
      if (to != id && !Actions::is_fault(world, action)) edges_.push_back(to);
    }
    if (seen_.size() < config_.max_states) return true;
    report_.is_exhaustive = false;
    return false;
  }

  std::pair<Id, bool> note(const std::string& bytes, Id from, Action action) {
    const auto added = seen_.add(bytes);
    if (!added.second) return added;
    parents_.push_back(from);
    by_.push_back(action);
    next_.push(bytes);
    return added;
  }

  bool fail(const char* why, Id at, const Action* last) {
    report_.violation = why;
    std::vector<Action> way;
    if (last != nullptr) way.push_back(*last);
    for (Id id = at; parents_[id] != kNone; id = parents_[id]) way.push_back(by_[id]);
    std::reverse(way.begin(), way.end());
    tell(way);
    return false;
  }

  /// Walks the way again and says what happens. Each state was written with its participants in some order: names go
  /// with them.
  void tell(const std::vector<Action>& way) {
    World world = actions_.first();
    Order names{0, 1, 2};
    for (const Action& action : way) {
      const Order order = encode(config_, world, bytes_);
      Order moved = names;
      for (int place = 0; place < config_.participants(); ++place) moved[place] = names[order[place]];
      names = moved;
      decode(config_, bytes_, world);
      report_.trace.push_back(Actions::describe(world, action, participant_name(names[action.who])));
      actions_.take(world, action);
    }
  }

  /// From every state one with nothing left to do must be reachable with no more faults.
  void check_ends() {
    report_.finished = finished_.size();
    edges_of_.push_back(edges_.size());
    const std::size_t count = seen_.size();
    std::vector<std::uint32_t> begins(count + 1, 0);
    for (const Id to : edges_) ++begins[to + 1];
    for (std::size_t i = 0; i < count; ++i) begins[i + 1] += begins[i];
    std::vector<Id> sources(edges_.size());
    std::vector<std::uint32_t> at(begins.begin(), begins.end() - 1);
    for (Id from = 0; from < count; ++from) {
      for (std::size_t i = edges_of_[from]; i < edges_of_[from + 1]; ++i) sources[at[edges_[i]]++] = from;
    }
    std::vector<bool> ends(count, false);
    std::vector<Id> todo = finished_;
    for (const Id id : todo) ends[id] = true;
    while (!todo.empty()) {
      const Id id = todo.back();
      todo.pop_back();
      for (std::size_t i = begins[id]; i < begins[id + 1]; ++i) {
        if (ends[sources[i]]) continue;
        ends[sources[i]] = true;
        todo.push_back(sources[i]);
      }
    }
    const auto stuck = std::find(ends.begin(), ends.end(), false);
    if (stuck != ends.end())
      fail("AC5: from here no finished state can be reached", static_cast<Id>(stuck - ends.begin()), nullptr);
  }

  const Config& config_;
  Actions actions_;
  Report report_;
  Seen seen_;
  Level next_;
  std::vector<Id> parents_;
  std::vector<Action> by_;
  std::vector<Id> finished_;
  std::vector<Id> edges_;                // without faults
  std::vector<std::uint64_t> edges_of_;  // where each state's begin
  std::vector<Action> possible_;
  World after_;
  std::string bytes_;
};

}  // namespace

Report explore(const Config& config, mutants::Cells* cells) {
  return Search(config, cells).run();
}

}  // namespace troth::explore
