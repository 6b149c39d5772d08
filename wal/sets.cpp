#include "wal/sets.h"

#include "wal/damage.h"

namespace troth::wal {
namespace {

KeptRow kept_row(const Statement& row) {
  return {static_cast<Lsn>(row.integer(0)), static_cast<std::uint16_t>(row.integer(1)), row.blob(2), row.blob(3)};
}

}  // namespace

SetWriter::SetWriter(const Database& db, LogId log_id, Lsn cut, std::uint64_t first)
    : insert_(db.prepare("INSERT INTO restated(n, kind, body, chain) VALUES(?1, ?2, ?3, ?4)")) {
  set_.cut = cut;
  set_.first = first;
  set_.last = first - 1;
  set_.chain = first_chain_of_set(log_id, cut);
}

void SetWriter::add(std::uint16_t kind, std::string_view body) {
  const std::uint64_t n = set_.last + 1;
  const Chain chain = next_chain(set_.chain, n, kind, {}, body);
  insert_.bind(1, static_cast<std::int64_t>(n));
  insert_.bind(2, kind);
  insert_.bind_blob(3, body);
  insert_.bind_blob(4, bytes_of(chain));
  insert_.run();
  set_.last = n;
  set_.chain = chain;
}

KeptWriter::KeptWriter(const Database& db, LogId log_id, const KeptSum& sum)
    : log_id_(log_id),
      sum_(sum),
      insert_(db.prepare("INSERT INTO kept(lsn, kind, key, body, proof) VALUES(?1, ?2, ?3, ?4, ?5)")),
      oldest_(db.prepare("SELECT lsn, kind, key, body, proof FROM kept WHERE lsn <= ?1 ORDER BY lsn LIMIT ?2")),
      drop_(db.prepare("DELETE FROM kept WHERE lsn <= ?1")) {}

void KeptWriter::add(Lsn lsn, std::uint16_t kind, std::string_view key, std::string_view body) {
  const Chain proof = proof_of_kept(log_id_, lsn, kind, key, body);
  insert_.bind(1, static_cast<std::int64_t>(lsn));
  insert_.bind(2, kind);
  insert_.bind_blob(3, key);
  insert_.bind_blob(4, body);
  insert_.bind_blob(5, bytes_of(proof));
  insert_.run();
  ++sum_.count;
  sum_.sum = plus(sum_.sum, proof);
}

bool KeptWriter::drop_some(Lsn upto, const Pace& pace) {
  oldest_.bind(1, static_cast<std::int64_t>(upto));
  oldest_.bind(2, pace.rows);
  std::int64_t last = 0;
  for (std::size_t bytes = 0; bytes < pace.bytes && oldest_.step();) {
    const KeptRow row = kept_row(oldest_);
    const Chain proof = proof_of_kept(log_id_, row.lsn, row.kind, row.key, row.body);
    if (oldest_.blob(4) != bytes_of(proof)) {
      throw std::runtime_error("the kept record " + std::to_string(row.lsn) +
                               " was changed on disk since this process started");
    }
    last = oldest_.integer(0);
    bytes += row.body.size();
    --sum_.count;
    sum_.sum = minus(sum_.sum, proof);
  }
  oldest_.reset();
  if (last == 0) return false;
  drop_.bind(1, last);
  drop_.run();
  return true;
}

void prove_set(const Database& db, const Meta& meta, const std::function<std::string(const Stored&)>& see) {
  const Set& set = meta.set;
  std::uint64_t next = set.first;
  Chain chain = first_chain_of_set(meta.log_id, set.cut);
  try {
    Statement select = db.prepare("SELECT n, kind, body, chain FROM restated WHERE n BETWEEN ?1 AND ?2 ORDER BY n");
    select.bind(1, static_cast<std::int64_t>(set.first));
    select.bind(2, static_cast<std::int64_t>(set.last));
    for (; select.step(); ++next) {
      const std::string name = "row " + std::to_string(next) + " of the set";
      if (select.integer(0) != static_cast<std::int64_t>(next)) damaged(db, name + " is missing");
      const std::int64_t kind = select.integer(1);
      const bool kind_fits = kind >= 0 && kind <= 0xffff;
      const std::string_view body = select.blob(2);
      chain = next_chain(chain, next, static_cast<std::uint16_t>(kind), {}, body);
      if (!kind_fits || select.blob(3) != bytes_of(chain)) {
        damaged(db, name + " does not fit the check chain: it was changed after it was written");
      }
      must_understand(db, name, see({0, static_cast<std::uint16_t>(kind), body}));
    }
  } catch (const SqliteError& error) {
    damaged(db, "at row " + std::to_string(next) + " of the set the file cannot be read (" + error.what() + ")");
  }
  if (next != set.last + 1 || chain != set.chain) {
    damaged(db, "the set ends at row " + std::to_string(next - 1) + ", not at row " + std::to_string(set.last) +
                    " as it was finished");
  }
}

void prove_kept(const Database& db, const Meta& meta, const std::function<void(const KeptRow&)>& copy) {
  KeptSum sum;
  try {
    Statement select = db.prepare("SELECT lsn, kind, key, body, proof FROM kept NOT INDEXED ORDER BY lsn");
    for (; select.step(); ++sum.count) {
      const KeptRow row = kept_row(select);
      const Chain proof = proof_of_kept(meta.log_id, row.lsn, row.kind, row.key, row.body);
      if (select.integer(1) != row.kind || select.blob(4) != bytes_of(proof)) {
        damaged(db, "the kept record " + std::to_string(row.lsn) + " was changed after it was written");
      }
      sum.sum = plus(sum.sum, proof);
      if (copy) copy(row);
    }
  } catch (const SqliteError& error) {
    damaged(db, "the kept records cannot be read (" + std::string(error.what()) + ")");
  }
  if (sum.count != meta.kept.count || sum.sum != meta.kept.sum) {
    damaged(db, std::to_string(sum.count) + " records are kept for their keys, and " + std::to_string(meta.kept.count) +
                    " were put there: some are lost or not ours");
  }
}

void for_each_keyed(const Database& db, const Point& base, const Point& end,
                    const std::function<void(const KeptRow&)>& visit) {
  Point at = base;
  Statement select = db.prepare("SELECT lsn, kind, key, body FROM record NOT INDEXED ORDER BY lsn");
  while (select.step()) {
    const bool has_key = !select.is_null(2);
    const KeptRow row{at.lsn + 1, static_cast<std::uint16_t>(select.integer(1)),
                      has_key ? select.blob(2) : std::string_view(), select.blob(3)};
    at = {row.lsn, next_chain(at.chain, row.lsn, row.kind, row.key, row.body)};
    if (has_key) visit(row);
  }
  if (at.lsn != end.lsn || at.chain != end.chain) damaged(db, "it changed on disk while it was read");
}

}  // namespace troth::wal
