#include "coordinator/engine/timeline.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace troth::engine {
namespace {

using namespace std::string_view_literals;

constexpr std::array kWords = {
    "begun"sv,          "enlisted"sv,     "commit_asked"sv, "abort_asked"sv, "abort_only"sv,    "prepare_sent"sv,
    "one_phase_sent"sv, "not_sent"sv,     "vote"sv,         "decided"sv,     "decision_sent"sv, "error"sv,
    "connected"sv,      "acknowledged"sv, "heuristic"sv,    "retry_asked"sv, "resolved"sv,      "retired"sv,
    "forgotten"sv,      "finished"sv,     "recovered"sv,    "dropped"sv};
static_assert(kWords.size() == static_cast<std::size_t>(What::kDropped) + 1);

/// Room until the votes of a transaction of two branches; it doubles from there.
constexpr std::size_t kFirstRoom = 8;

constexpr const char* kNoLongerKept = "attempts, votes and errors are no longer kept: others finished since";

constexpr std::size_t kMaxSpare = 1'024;

/// Says nothing that the newest of its kind does not say as well.
bool is_repetition(What what) {
  switch (what) {
    case What::kPrepareSent:
    case What::kOnePhaseSent:
    case What::kNotSent:
    case What::kDecisionSent:
    case What::kError:
    case What::kConnected:
    case What::kRetryAsked: return true;
    default: return false;
  }
}

template <class Enum>
std::string word_of(std::uint8_t code) {
  return std::string(word(static_cast<Enum>(code)));
}

/// At most `most` bytes of it, and no half character.
void shorten(std::string& text, std::size_t most) {
  if (text.size() <= most) return;
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  text.append("...");
}

std::string with(std::string what, const std::string& text) {
  return text.empty() ? what : std::move(what) + ": " + text;
}

std::string attempt_text(std::uint16_t number) {
  const bool is_more = number == std::numeric_limits<std::uint16_t>::max();
  return "attempt " + std::to_string(number) + (is_more ? " or later" : "");
}

std::string decided_text(const TransactionView& view) {
  if (view.outcome != Outcome::kCommitted) {
    return with("aborted", view.abort_reason ? std::string(word(*view.abort_reason)) : "");
  }
  return "committed" + (view.lsn ? ", LSN " + std::to_string(*view.lsn) : std::string());
}

}  // namespace

std::string_view word(What what) {
  return kWords.at(static_cast<std::size_t>(what));
}

std::string recovered_text() {
  return "from the log; all that it does not record (attempts, votes, errors) is known since restart only";
}

void Timeline::make_room() {
  if (entries_.capacity() == 0) entries_.reserve(kFirstRoom);
  if (entries_.size() < kMaxEntries) return;
  auto victim = std::find_if(entries_.begin(), entries_.end(), [](const Entry& e) { return is_repetition(e.what); });
  if (victim == entries_.end()) victim = entries_.begin() + 1;  // the beginning stays
  entries_.erase(victim);
  ++dropped_;
}

void Timeline::note(Millis at, What what, std::uint32_t n, std::uint8_t code, std::uint32_t number) {
  constexpr std::uint32_t kMost = std::numeric_limits<std::uint16_t>::max();
  if (base_ == 0) base_ = at;
  make_room();
  const auto since = static_cast<std::uint64_t>(std::max<Millis>(at - base_, 0));
  entries_.push_back({static_cast<std::uint32_t>(since), static_cast<std::uint16_t>(since >> 32),
                      static_cast<std::uint16_t>(std::min(n, kMost)), what, code,
                      static_cast<std::uint16_t>(std::min(number, kMost))});
}

void Timeline::note_text(Millis at, What what, std::uint32_t n, std::uint8_t code, std::string text) {
  if (text.empty()) return note(at, what, n, code, 0);
  shorten(text, kMaxTextBytes);
  if (!rare_) rare_ = std::make_unique<Rare>();
  auto& texts = rare_->texts;
  const bool is_same = rare_->last_text != 0 && texts[(rare_->last_text - 1u) % kMaxTexts] == text;
  if (!is_same) {
    if (rare_->last_text == std::numeric_limits<std::uint16_t>::max()) *rare_ = Rare{{}, 0, std::move(rare_->names)};
    ++rare_->last_text;
    if (texts.size() < kMaxTexts) {
      texts.push_back(std::move(text));
    } else {
      texts[(rare_->last_text - 1u) % kMaxTexts] = std::move(text);
    }
  }
  note(at, what, n, code, rare_->last_text);
}

void Timeline::clear() {
  entries_.clear();
  rare_.reset();
  base_ = 0;
  dropped_ = 0;
}

void Timeline::sort() {
  std::stable_sort(entries_.begin(), entries_.end(),
                   [this](const Entry& a, const Entry& b) { return at_of(a) < at_of(b); });
}

void Timeline::keep_names(const std::vector<core::Branch>& branches) {
  if (!rare_) rare_ = std::make_unique<Rare>();
  rare_->names.clear();
  for (const core::Branch& branch : branches) rare_->names.push_back(branch.participant);
}

Millis Timeline::at_of(const Entry& entry) const {
  return base_ + ((static_cast<Millis>(entry.ms_high) << 32) | entry.ms_low);
}

std::string Timeline::text_of(const Entry& entry) const {
  if (!rare_ || entry.number == 0 || entry.number > rare_->last_text) return {};
  if (rare_->last_text - entry.number >= static_cast<int>(rare_->texts.size())) return {};  // fell out
  return rare_->texts[(entry.number - 1u) % kMaxTexts];
}

std::string Timeline::name_of(const TransactionView& view, std::uint32_t n) const {
  for (const BranchView& branch : view.branches) {
    if (branch.n == n) return branch.participant;
  }
  return rare_ && n >= 1 && n <= rare_->names.size() ? rare_->names[n - 1] : std::string();
}

std::string Timeline::detail_of(const Entry& entry, const TransactionView& view) const {
  switch (entry.what) {
    case What::kEnlisted:
    case What::kConnected: return name_of(view, entry.n);
    case What::kPrepareSent:
    case What::kOnePhaseSent: return attempt_text(entry.number);
    case What::kDecisionSent: return word_of<DecisionKind>(entry.code) + ", " + attempt_text(entry.number);
    case What::kVote: return with(word_of<VoteKind>(entry.code), text_of(entry));
    case What::kAcknowledged: return word_of<AckResult>(entry.code);
    case What::kHeuristic: return with(word_of<HeuristicKind>(entry.code), text_of(entry));
    case What::kResolved: return with(word_of<ResolveAction>(entry.code), text_of(entry));
    case What::kDecided: return decided_text(view);
    case What::kNotSent: return "the prepare never left, so it was no attempt";
    case What::kAbortOnly: return "the instance that held its work started anew";
    case What::kRecovered: return recovered_text();
    case What::kDropped: return kNoLongerKept;
    case What::kAbortAsked:
    case What::kError:
    case What::kRetired:
    case What::kForgotten: return text_of(entry);
    case What::kBegun:
    case What::kCommitAsked:
    case What::kRetryAsked: return {};
    case What::kFinished: return entry.code == 0 ? "" : "before the restart; the log does not say when";
  }
  return {};
}

std::vector<TimelineView> Timeline::items(const TransactionView& view) const {
  std::vector<TimelineView> items;
  if (dropped_ > 0) {
    items.push_back({base_, "dropped", std::nullopt,
                     std::to_string(dropped_) + " earlier entries fell out: of a transaction the last " +
                         std::to_string(kMaxEntries) + " are kept, and repeated attempts and errors go first"});
  }
  for (const Entry& entry : entries_) {
    TimelineView item{at_of(entry), std::string(word(entry.what)), std::nullopt, std::nullopt};
    if (entry.n != 0) item.branch = entry.n;
    std::string detail = detail_of(entry, view);
    if (!detail.empty()) item.detail = std::move(detail);
    items.push_back(std::move(item));
  }
  return items;
}

std::vector<TimelineView> proved_items(const TransactionView& view, Millis restarted_at) {
  std::vector<TimelineView> items;
  const auto add = [&items](const std::optional<Millis>& at, What what, std::string detail) {
    if (!at) return;
    TimelineView item{*at, std::string(word(what)), std::nullopt, std::nullopt};
    if (!detail.empty()) item.detail = std::move(detail);
    items.push_back(std::move(item));
  };
  if (restarted_at == 0 && view.begun_at) {
    items.push_back({*view.begun_at, "dropped", std::nullopt, kNoLongerKept});
  }
  add(view.begun_at, What::kBegun, {});
  add(view.decided_at, What::kDecided, decided_text(view));
  add(view.finished_at, What::kFinished, {});
  if (restarted_at != 0) add(restarted_at, What::kRecovered, recovered_text());
  std::stable_sort(items.begin(), items.end(), [](const TimelineView& a, const TimelineView& b) {
    return a.at < b.at;
  });  // it may have ended since
  return items;
}

void FinishedTimelines::keep(const TransactionId& id, Timeline timeline) {
  const std::size_t at = id.sequence % kKept;
  if (at >= slots_.size()) slots_.resize(at + 1);
  Slot& slot = slots_[at];
  slot.id = id;
  std::swap(slot.timeline, timeline);
  if (timeline.empty() || spare_.size() >= kMaxSpare) return;
  timeline.clear();
  spare_.push_back(std::move(timeline));
}

Timeline FinishedTimelines::fresh() {
  if (spare_.empty()) return {};
  Timeline timeline = std::move(spare_.back());
  spare_.pop_back();
  return timeline;
}

const Timeline* FinishedTimelines::find(const TransactionId& id) const {
  const std::size_t at = id.sequence % kKept;
  const bool is_kept = at < slots_.size() && slots_[at].id == id && !slots_[at].timeline.empty();
  return is_kept ? &slots_[at].timeline : nullptr;
}

Timeline FinishedTimelines::take(const TransactionId& id) {
  const bool is_kept = find(id) != nullptr;
  return is_kept ? std::move(slots_[id.sequence % kKept].timeline) : Timeline{};
}

}  // namespace troth::engine
