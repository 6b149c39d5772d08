#include "wal/records.h"

#include "wal/damage.h"

namespace troth::wal {
namespace {

class Prover {
 public:
  Prover(const Database& db, const Meta& meta, const Point& head)
      : db_(db), cut_(meta.set.cut), head_(head), end_(meta.base) {
    if (end_.lsn > cut_) {
      damaged(db, "the log begins after LSN " + std::to_string(end_.lsn) +
                      ", but its set speaks only for what lies up to " + std::to_string(cut_));
    }
    if (head.lsn < end_.lsn) {
      damaged(db, "the log begins after LSN " + std::to_string(end_.lsn) + ", its newest sound head slot names LSN " +
                      std::to_string(head.lsn) + ": a newer slot was lost");
    }
    compare_with_head();
  }

  void row(const Statement& row, const std::function<std::string(const Stored&)>& see) {
    const Lsn lsn = end_.lsn + 1;
    const std::string name = "record " + std::to_string(lsn);
    if (row.integer(0) != static_cast<std::int64_t>(lsn)) damaged(db_, name + " is missing");
    const std::int64_t kind = row.integer(1);
    const std::string_view key = row.is_null(2) ? std::string_view() : row.blob(2);
    const std::string_view body = row.blob(3);
    const bool kind_fits = kind >= 0 && kind <= 0xffff;
    const Chain chain = next_chain(end_.chain, lsn, static_cast<std::uint16_t>(kind), key, body);
    if (!kind_fits || row.blob(4) != bytes_of(chain)) {
      damaged(db_, name + " does not fit the check chain: it was changed after it was written");
    }
    end_ = {lsn, chain};
    compare_with_head();
    if (lsn > cut_) must_understand(db_, name, see({lsn, static_cast<std::uint16_t>(kind), body}));
  }

  Point finish() const {
    if (head_.lsn > end_.lsn) {
      damaged(db_, "the log ends at LSN " + std::to_string(end_.lsn) + ", but LSN " + std::to_string(head_.lsn) +
                       " was durable: records that somebody was told of are lost");
    }
    if (cut_ > end_.lsn) {
      damaged(db_, "the log ends at LSN " + std::to_string(end_.lsn) + ", but its set speaks for what lay up to " +
                       std::to_string(cut_));
    }
    return end_;
  }

  Lsn last() const { return end_.lsn; }

 private:
  void compare_with_head() const {
    if (end_.lsn != head_.lsn || end_.chain == head_.chain) return;
    damaged(db_, "at LSN " + std::to_string(end_.lsn) +
                     " the check chain is not the one in the head: file and head are "
                     "of two histories");
  }

  const Database& db_;
  const Lsn cut_;
  const Point head_;
  Point end_;
};

}  // namespace

RecordWriter::RecordWriter(const Database& db, const Point& end)
    : insert_(db.prepare("INSERT INTO record(lsn, kind, key, body, chain) VALUES(?1, ?2, ?3, ?4, ?5)")), end_(end) {}

void RecordWriter::add(std::uint16_t kind, std::string_view key, std::string_view body) {
  const Point next{end_.lsn + 1, next_chain(end_.chain, end_.lsn + 1, kind, key, body)};
  insert_.bind(1, static_cast<std::int64_t>(next.lsn));
  insert_.bind(2, kind);
  if (key.empty()) {
    insert_.bind_null(3);
  } else {
    insert_.bind_blob(3, key);
  }
  insert_.bind_blob(4, body);
  insert_.bind_blob(5, bytes_of(next.chain));
  insert_.run();
  end_ = next;
}

Point prove_records(const Database& db, const Meta& meta, const Point& head,
                    const std::function<std::string(const Stored&)>& see) {
  Prover prover(db, meta, head);
  try {
    Statement select = db.prepare("SELECT lsn, kind, key, body, chain FROM record NOT INDEXED ORDER BY lsn");
    while (select.step()) prover.row(select, see);
  } catch (const SqliteError& error) {
    damaged(db, "after LSN " + std::to_string(prover.last()) + " the file cannot be read (" + error.what() + ")");
  }
  return prover.finish();
}

void prove_structure(const Database& db) {
  const std::string result = db.ask("PRAGMA integrity_check(1)");
  if (result != "ok") damaged(db, "its pages contradict each other (" + result + ")");
}

}  // namespace troth::wal
