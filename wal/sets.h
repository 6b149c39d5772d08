// wal/sets.h: the set (the table `restated`) and the keyed records it supersedes (the table `kept`): adding rows, and
// proving those that are there.
#pragma once

#include <functional>

#include "wal/log.h"
#include "wal/schema.h"

namespace troth::wal {

/// How much one piece of work may take in hand.
struct Pace {
  std::int64_t rows = 128;
  std::size_t bytes = std::size_t{256} << 10;
};

/// Adds the rows of one set, from `first` on; within the caller's transaction.
class SetWriter {
 public:
  SetWriter(const Database& db, LogId log_id, Lsn cut, std::uint64_t first);
  void add(std::uint16_t kind, std::string_view body);
  const Set& set() const { return set_; }  // so far

 private:
  Statement insert_;
  Set set_;
};

/// Adds keyed records, and lets go of them; within the caller's transaction.
class KeptWriter {
 public:
  KeptWriter(const Database& db, LogId log_id, const KeptSum& sum);
  void add(Lsn lsn, std::uint16_t kind, std::string_view key, std::string_view body);
  /// Deletes some of those at or below `upto`, oldest first, each of them proven. True: there may be more.
  bool drop_some(Lsn upto, const Pace& pace);
  const KeptSum& sum() const { return sum_; }

 private:
  LogId log_id_;
  KeptSum sum_;
  Statement insert_;
  Statement oldest_;
  Statement drop_;
};

/// Proves that the set is whole and hands each row to `see`, with LSN 0. Throws as `prove_records` does.
void prove_set(const Database& db, const Meta& meta, const std::function<std::string(const Stored&)>& see);

/// Proves that the kept rows are those that were put there: content, count and sum. `copy`, if given, gets each.
/// Throws OpenError (73).
struct KeptRow {
  Lsn lsn = 0;
  std::uint16_t kind = 0;
  std::string_view key;
  std::string_view body;
};
void prove_kept(const Database& db, const Meta& meta, const std::function<void(const KeptRow&)>& copy = {});

/// Hands over every record with a key, in order, each proven again on the way from the base to `end`: what a new
/// generation keeps beside the kept rows. Throws OpenError (73).
void for_each_keyed(const Database& db, const Point& base, const Point& end,
                    const std::function<void(const KeptRow&)>& visit);

}  // namespace troth::wal
