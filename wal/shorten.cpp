#include "wal/shorten.h"

#include <algorithm>
#include <limits>

namespace troth::wal {
namespace {

std::uint64_t first_unused(const Database& db) {
  Statement select = db.prepare("SELECT coalesce(max(n), 0) FROM restated");
  select.step();
  return static_cast<std::uint64_t>(select.integer(0)) + 1;
}

/// The proven position of record `lsn`, from which the chain goes on.
Point point_at(const Database& db, const Meta& meta, Lsn lsn) {
  if (lsn == meta.base.lsn) return meta.base;
  Statement select = db.prepare("SELECT chain FROM record WHERE lsn = ?1");
  select.bind(1, static_cast<std::int64_t>(lsn));
  const auto chain = select.step() ? chain_from_bytes(select.blob(0)) : std::nullopt;
  if (!chain) throw std::runtime_error(db.file() + ": record " + std::to_string(lsn) + " is not there any more");
  return {lsn, *chain};
}

}  // namespace

Shortener::Pass::Pass(const Database& db, const Meta& meta, Lsn upto)
    : cut(upto),
      next_n(meta.set.first),
      set_chain(first_chain_of_set(meta.log_id, meta.set.cut)),
      read_upto(point_at(db, meta, meta.set.cut)),
      writer(db, meta.log_id, upto, std::max(first_unused(db), meta.set.last + 1)) {}

Shortener::Statements::Statements(const Database& db)
    : set_rows(db.prepare("SELECT n, kind, body, chain FROM restated WHERE n BETWEEN ?1 AND ?2 ORDER BY n LIMIT ?3")),
      records(db.prepare(
          "SELECT lsn, kind, key, body, chain FROM record WHERE lsn > ?1 AND lsn <= ?2 ORDER BY lsn LIMIT ?3")),
      drop_records(db.prepare("DELETE FROM record WHERE lsn <= ?1")),
      some_restated(db.prepare("SELECT n, length(body) FROM restated WHERE n > ?1 AND n < ?2 ORDER BY n LIMIT ?3")),
      drop_restated(db.prepare("DELETE FROM restated WHERE n > ?1 AND n <= ?2")) {}

Shortener::Shortener(const Database& db, Meta& meta)
    : db_(db), meta_(meta), kept_(db, meta.log_id, meta.kept), statements_(db) {}

void Shortener::begin(Lsn cut) {
  pass_.emplace(db_, meta_, cut);
}

void Shortener::follow(const Batch& batch) {
  pace_ = Pace();
  pace_.rows = std::max(pace_.rows, 2 * static_cast<std::int64_t>(batch.size()));
  pace_.bytes = std::max(pace_.bytes, 2 * batch.bytes());
}

Shortener::Pass& Shortener::pass() {
  if (!pass_) throw std::logic_error("no compaction is under way");
  return *pass_;
}

bool Shortener::read(std::vector<Row>& rows) {
  rows.clear();
  if (pass().next_n <= meta_.set.last) {
    read_set(rows);
  } else {
    read_records(rows);
  }
  return !rows.empty();
}

void Shortener::read_set(std::vector<Row>& rows) {
  Statement& select = statements_.set_rows;
  select.bind(1, static_cast<std::int64_t>(pass_->next_n));
  select.bind(2, static_cast<std::int64_t>(meta_.set.last));
  select.bind(3, pace_.rows);
  for (std::size_t bytes = 0; bytes < pace_.bytes && select.step(); ++pass_->next_n) {
    const auto kind = static_cast<std::uint16_t>(select.integer(1));
    pass_->set_chain = next_chain(pass_->set_chain, pass_->next_n, kind, {}, select.blob(2));
    if (select.blob(3) != bytes_of(pass_->set_chain)) changed("row " + std::to_string(pass_->next_n) + " of the set");
    bytes += select.blob(2).size();
    rows.push_back({0, kind, std::string(select.blob(2))});
  }
  select.reset();
  const bool is_all = pass_->next_n > meta_.set.last;
  if (rows.empty() || (is_all && pass_->set_chain != meta_.set.chain)) changed("the set");
}

void Shortener::changed(const std::string& what) const {
  throw std::runtime_error(db_.file() + ": " + what + " was changed on disk since this process started");
}

void Shortener::read_records(std::vector<Row>& rows) {
  Statement& select = statements_.records;
  select.bind(1, static_cast<std::int64_t>(pass_->read_upto.lsn));
  select.bind(2, static_cast<std::int64_t>(pass_->cut));
  select.bind(3, pace_.rows);
  for (std::size_t bytes = 0; bytes < pace_.bytes && select.step();) {
    prove_next(pass_->read_upto, select);
    bytes += select.blob(3).size();
    rows.push_back({pass_->read_upto.lsn, static_cast<std::uint16_t>(select.integer(1)), std::string(select.blob(3))});
  }
  select.reset();
  if (rows.empty() && pass_->read_upto.lsn != pass_->cut) changed("record " + std::to_string(pass_->read_upto.lsn + 1));
}

void Shortener::prove_next(Point& at, const Statement& row) const {
  const Lsn lsn = at.lsn + 1;
  const std::string_view key = row.is_null(2) ? std::string_view() : row.blob(2);
  const auto kind = static_cast<std::uint16_t>(row.integer(1));
  const Chain chain = next_chain(at.chain, lsn, kind, key, row.blob(3));
  if (row.integer(0) != static_cast<std::int64_t>(lsn) || row.blob(4) != bytes_of(chain)) {
    changed("record " + std::to_string(lsn));
  }
  at = {lsn, chain};
}

void Shortener::add(std::span<const Record> rows) {
  for (const Record& row : rows) pass().writer.add(row.kind, row.body);
}

void Shortener::finish(Lsn keys_upto) {
  const bool read_all = pass().next_n > meta_.set.last && pass_->read_upto.lsn == pass_->cut;
  if (!read_all) throw std::logic_error("a set was finished before all that it must say was read");
  meta_.set = pass_->writer.set();
  meta_.keys_upto = std::max(meta_.keys_upto, std::min(keys_upto, pass_->cut));
  write_meta(db_, meta_);
  pass_.reset();
}

bool Shortener::has_leftovers() const {
  if (meta_.base.lsn < meta_.set.cut) return true;
  Statement rows = db_.prepare("SELECT count(*), (SELECT count(*) FROM kept WHERE lsn <= ?1) FROM restated");
  rows.bind(1, static_cast<std::int64_t>(meta_.keys_upto));
  rows.step();
  return static_cast<std::uint64_t>(rows.integer(0)) != meta_.set.rows() || rows.integer(1) != 0;
}

bool Shortener::drop_some() {
  if (meta_.base.lsn < meta_.set.cut) return drop_records();
  if (drop_restated(0, meta_.set.first)) return true;
  constexpr auto kEverything = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!pass_ && drop_restated(meta_.set.last, kEverything)) return true;
  if (!kept_.drop_some(meta_.keys_upto, pace_)) return false;
  meta_.kept = kept_.sum();
  write_meta(db_, meta_);
  return true;
}

bool Shortener::drop_records() {
  Statement& select = statements_.records;
  Point base = meta_.base;
  select.bind(1, static_cast<std::int64_t>(base.lsn));
  select.bind(2, static_cast<std::int64_t>(meta_.set.cut));
  select.bind(3, pace_.rows);
  for (std::size_t bytes = 0; bytes < pace_.bytes && select.step();) {
    prove_next(base, select);
    bytes += select.blob(3).size();
    if (select.is_null(2) || base.lsn <= meta_.keys_upto) continue;
    kept_.add(base.lsn, static_cast<std::uint16_t>(select.integer(1)), select.blob(2), select.blob(3));
  }
  select.reset();
  if (base.lsn == meta_.base.lsn) changed("record " + std::to_string(base.lsn + 1));
  statements_.drop_records.bind(1, static_cast<std::int64_t>(base.lsn));
  statements_.drop_records.run();
  meta_.base = base;
  meta_.kept = kept_.sum();
  write_meta(db_, meta_);
  return true;  // the set before this one is still there
}

/// Of the rows between the two, both not included.
bool Shortener::drop_restated(std::uint64_t after, std::uint64_t before) {
  Statement& some = statements_.some_restated;
  some.bind(1, static_cast<std::int64_t>(after));
  some.bind(2, static_cast<std::int64_t>(before));
  some.bind(3, pace_.rows);
  std::int64_t last = 0;
  for (std::size_t bytes = 0; bytes < pace_.bytes && some.step();) {
    last = some.integer(0);
    bytes += static_cast<std::size_t>(some.integer(1));
  }
  some.reset();
  if (last == 0) return false;
  statements_.drop_restated.bind(1, static_cast<std::int64_t>(after));
  statements_.drop_restated.bind(2, last);
  statements_.drop_restated.run();
  return true;
}

}  // namespace troth::wal
