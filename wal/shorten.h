// wal/shorten.h: how the files of the running generation get shorter (superseding.h), in bounded pieces between the
// batches. Every call is made by the writer's thread; every call that throws means: stop the process (exit 70). What is
// read again is proven again: damage that came after the start is not copied into a sound row.
#pragma once

#include <optional>

#include "wal/batch.h"
#include "wal/sets.h"
#include "wal/superseding.h"

namespace troth::wal {

class Shortener {
 public:
  /// `meta` is the log's own and outlives this; what changes in the file changes in it.
  Shortener(const Database& db, Meta& meta);

  /// Pieces are small, so that no batch waits long behind one; but each takes twice the rows of the batch it goes with,
  /// or a busy log would grow faster than it is shortened.
  void follow(const Batch& batch);

  /// A compaction of everything up to `cut`, which is durable, begins; one that was not finished is given up.
  void begin(Lsn cut);
  /// The next rows of the present set, then of the records up to the cut. False: there are no more.
  bool read(std::vector<Row>& rows);

  // Within the caller's transaction:
  void add(std::span<const Record> rows);
  /// Preconditions: all was read, and the head was synced since `begin`.
  void finish(Lsn keys_upto);
  /// Deletes a few rows that count for nothing any more, keyed records being put aside first. True: there may be more.
  bool drop_some();

  /// There are rows that count for nothing: an earlier process did not come to the end of deleting them.
  bool has_leftovers() const;
  /// The compaction under way is given up.
  void give_up() { pass_.reset(); }

 private:
  /// One compaction.
  struct Pass {
    Pass(const Database& db, const Meta& meta, Lsn cut);
    Lsn cut;
    std::uint64_t next_n;  // of the present set
    Chain set_chain;       // before it
    Point read_upto;       // of the records
    SetWriter writer;
  };
  struct Statements {
    explicit Statements(const Database& db);
    Statement set_rows;
    Statement records;
    Statement drop_records;
    Statement some_restated;
    Statement drop_restated;
  };
  void read_set(std::vector<Row>& rows);
  void read_records(std::vector<Row>& rows);
  bool drop_records();
  bool drop_restated(std::uint64_t after, std::uint64_t before);
  void prove_next(Point& at, const Statement& row) const;
  Pass& pass();
  [[noreturn]] void changed(const std::string& what) const;

  const Database& db_;
  Meta& meta_;
  KeptWriter kept_;
  Statements statements_;
  std::optional<Pass> pass_;
  Pace pace_;
};

}  // namespace troth::wal
