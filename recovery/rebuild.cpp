#include "recovery/rebuild.h"

#include <algorithm>

#include "proto/codec/record_codec.h"
#include "recovery/fewest.h"
#include "recovery/retention.h"

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

}  // namespace

wal::Record to_record(const Fact& fact) {
  return {codec::kind_of(fact), codec::encode(fact), key_of(fact), is_forced(fact)};
}

wal::Record to_row(const Fact& fact) {
  return {codec::kind_of(fact), codec::encode(fact), {}, true};
}

std::string Replay::see(const wal::Stored& record) {
  const auto fact = codec::decode_fact(record.kind, record.body);
  if (!fact) {
    const std::string which = record.lsn == 0 ? "a row of the set" : "record " + std::to_string(record.lsn);
    return which + " of kind " + std::to_string(record.kind) +
           " cannot be read: it was written by a newer version, or it is damaged";
  }
  fold(known_, record.lsn, *fact);
  newest_at_ = std::max(newest_at_, decided_at(*fact));
  // Not at every record: details that must stay are looked at by every trim.
  if (++seen_since_trim_ > limits_.detail_count / 16) {
    seen_since_trim_ = 0;
    trim(known_, limits_.detail_count, limits_.detail_ms, newest_at_);
  }
  return {};
}

Lsn Replay::rebuilt(Lsn cut, Millis now_at, const std::function<void(const wal::Record&)>& add) const {
  Fewest set(known_, cut);
  for (Fact fact; set.next(fact);) add(to_row(fact));
  return keys_upto(known_, limits_, now_at);
}

}  // namespace troth::recovery
