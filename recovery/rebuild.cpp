#include "recovery/rebuild.h"

#include <algorithm>
#include <set>

#include "proto/codec/record_codec.h"

namespace troth::recovery {

namespace {

/// An Idempotency-Key bound by this decision, empty if none. PrepareStarted and OnePhaseStarted bind none: while they
/// are live the engine knows their key from memory, and a transaction that dies undecided frees it.
const std::string& key_of(const Fact& fact) {
  static const std::string kNone;
  if (const auto* decided = std::get_if<fact::CommitDecided>(&fact)) return decided->origin.key;
  if (const auto* told = std::get_if<fact::AbortTold>(&fact)) return told->origin.key;
  return kNone;
}

Millis decided_at(const Fact& fact) {
  if (const auto* decided = std::get_if<fact::CommitDecided>(&fact)) return decided->decided_at;
  if (const auto* told = std::get_if<fact::AbortTold>(&fact)) return told->decided_at;
  return 0;
}

/// The committed transactions that `facts` restate with their list.
std::set<TransactionId> restated_commits(const std::vector<Fact>& facts) {
  std::set<TransactionId> ids;
  for (const auto& fact : facts) {
    if (const auto* decided = std::get_if<fact::CommitDecided>(&fact)) ids.insert(decided->id);
  }
  return ids;
}

}  // namespace

wal::Record to_record(const Fact& fact) {
  return {codec::kind_of(fact), codec::encode(fact), key_of(fact), is_forced(fact)};
}

void Replay::keep_if_keyed(Lsn lsn, const Fact& fact) {
  newest_at_ = std::max(newest_at_, decided_at(fact));
  if (!key_of(fact).empty()) {
    keyed_.push_back({fact, decided_at(fact)});
    auto* decided = std::get_if<fact::CommitDecided>(&keyed_.back().fact);
    if (decided != nullptr && decided->lsn == 0) decided->lsn = lsn;
  }
  while (!keyed_.empty() && newest_at_ - keyed_.front().at > limits_.key_retain_ms) keyed_.pop_front();
}

std::string Replay::see(const wal::Stored& record) {
  const auto fact = codec::decode_fact(record.kind, record.body);
  if (!fact) {
    return "record " + std::to_string(record.lsn) + " of kind " + std::to_string(record.kind) +
           " cannot be read: it was written by a newer version, or it is damaged";
  }
  fold(known_, record.lsn, *fact);
  keep_if_keyed(record.lsn, *fact);
  // Not at every record: details that must stay are looked at by every trim.
  if (++seen_since_trim_ > limits_.detail_count / 16) {
    seen_since_trim_ = 0;
    trim(known_, limits_.detail_count, limits_.detail_ms, newest_at_);
  }
  return {};
}

std::vector<wal::Record> Replay::rebuilt(Lsn cut, Millis now_at, Millis key_retain_ms) const {
  auto facts = fewest(known_, cut);
  auto restated = restated_commits(facts);
  const auto checkpoint = std::move(facts.back());
  facts.pop_back();
  std::vector<wal::Record> records;
  for (const auto& fact : facts) {
    records.push_back(to_record(fact));
    // A key that only a heuristic keeps in the log is free again, and may have been given to a later transaction.
    const auto* decided = std::get_if<fact::CommitDecided>(&fact);
    if (decided != nullptr && !known_.live.contains(decided->id) && now_at - decided->decided_at > key_retain_ms) {
      records.back().key.clear();
    }
  }
  for (const auto& keyed : keyed_) {
    if (now_at - keyed.at > key_retain_ms) continue;
    const auto* decided = std::get_if<fact::CommitDecided>(&keyed.fact);
    if (decided != nullptr && !restated.insert(decided->id).second) continue;
    records.push_back(to_record(keyed.fact));
    if (decided != nullptr) records.push_back(to_record(fact::Ended{{decided->id}}));
  }
  records.push_back(to_record(checkpoint));
  return records;
}

}  // namespace troth::recovery
