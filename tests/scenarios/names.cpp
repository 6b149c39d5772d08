#include "tests/scenarios/names.h"

#include <algorithm>
#include <charconv>

namespace troth::scenarios {
namespace {

std::optional<std::uint32_t> parse_number(const std::string& text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

void Names::forget(const std::string& name) {
  awaited_.erase(std::remove(awaited_.begin(), awaited_.end(), name), awaited_.end());
}

void Names::start(EpochId epoch) {
  present_ = epoch;
  last_named_ = 0;
  awaited_.clear();
}

/// Sequences are given in the order of the begins, so the next id is the longest awaited one's.
void Names::name_next() {
  const TransactionId id{kLog, 0, present_, ++last_named_};
  ids_[awaited_.front()] = id;
  names_[id] = awaited_.front();
  awaited_.pop_front();
}

std::optional<EpochId> Names::parse_epoch(const std::string& text) {
  if (text.size() < 2 || text[0] != 'e') return std::nullopt;
  const bool other = text.back() == 'x';
  const auto number = parse_number(text.substr(1, text.size() - (other ? 2 : 1)));
  return number ? std::optional(epoch_of(*number, other)) : std::nullopt;
}

std::optional<TransactionId> Names::parse(const std::string& text) {
  if (std::find(awaited_.begin(), awaited_.end(), text) != awaited_.end()) {
    while (ids_.count(text) == 0) name_next();
  }
  if (const auto found = ids_.find(text); found != ids_.end()) return found->second;
  const auto dot = text.find('.');
  if (dot == std::string::npos) return std::nullopt;
  const auto sequence = parse_number(text.substr(dot + 1));
  if (!sequence) return std::nullopt;
  if (text.substr(0, dot) == "foreign") return TransactionId{LogId{0x9999}, 0, epoch_of(1), *sequence};
  const auto epoch = parse_epoch(text.substr(0, dot));
  return epoch ? std::optional(TransactionId{kLog, 0, *epoch, *sequence}) : std::nullopt;
}

std::optional<BranchId> Names::parse_branch(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  const auto transaction = parse(text.substr(0, slash));
  const auto n = parse_number(text.substr(slash + 1));
  return transaction && n ? std::optional(BranchId{*transaction, *n}) : std::nullopt;
}

std::string Names::spell(EpochId epoch) {
  const bool other = epoch != epoch_of(epoch.epoch);
  return "e" + std::to_string(epoch.epoch) + (other ? "x" : "");
}

std::string Names::spell(const TransactionId& id) {
  const bool is_new = id.log == kLog && id.epoch == present_ && id.sequence > last_named_;
  while (is_new && !awaited_.empty() && last_named_ < id.sequence) name_next();
  if (const auto found = names_.find(id); found != names_.end()) return found->second;
  const std::string start = id.log == kLog ? spell(id.epoch) : "foreign";
  return start + "." + std::to_string(id.sequence);
}

}  // namespace troth::scenarios
