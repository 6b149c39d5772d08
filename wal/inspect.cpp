#include "wal/inspect.h"

#include <algorithm>

#include "wal/generations.h"
#include "wal/head.h"
#include "wal/sqlite_log.h"

namespace troth::wal {
namespace {

std::string text(Lsn lsn) {
  return std::to_string(lsn);
}

/// What a refusal says is wrong, without what it says to do.
std::string what_of(const OpenError& error) {
  return error.message.substr(0, error.message.find("; nothing was changed"));
}

std::string_view key_of(const Statement& row, int column) {
  return row.is_null(column) ? std::string_view() : row.blob(column);
}

bool fits(std::int64_t kind) {
  return kind >= 0 && kind <= 0xffff;
}

class Inspector {
 public:
  Inspector(const Database& db, Inspection& found, const See& see) : db_(db), found_(found), see_(see) {}

  /// Head first: it is compared as the records pass by. False: nothing can be proven without it.
  bool read_meta() {
    try {
      found_.meta = wal::read_meta(db_);
    } catch (const OpenError& error) {
      found_.newer_format = error.exit_code == kExitForeign;
      found_.damage.push_back(what_of(error));
    } catch (const SqliteError& error) {
      found_.damage.push_back(error.what());
    }
    if (!found_.meta) return false;
    found_.proven = found_.meta->base;
    found_.present = found_.meta->base.lsn;
    return true;
  }

  void prove(bool deep) {
    guarded("the set", [&] { prove_set(); });
    guarded("the records", [&] { prove_records(); });
    guarded("the records kept for their keys", [&] { prove_kept(); });
    compare_with_set();
    if (deep && found_.is_sound()) {
      const std::string pages = db_.ask("PRAGMA integrity_check(1)");
      if (pages != "ok") damaged("its pages contradict each other (" + pages + ")");
    }
  }

 private:
  const Meta& meta() const { return *found_.meta; }
  void damaged(const std::string& what) { found_.damage.push_back(found_.file + ": " + what); }

  /// A file that cannot be read is damaged as well.
  template <class Act>
  void guarded(const std::string& what, const Act& act) {
    try {
      act();
    } catch (const SqliteError& error) {
      damaged(what + " cannot be read to the end (" + error.what() + ")");
    }
  }

  bool understood(const std::string& name, const Stored& row) {
    const std::string reason = see_(row);
    if (reason.empty()) return true;
    found_.newer_format |= reason.starts_with("newer format");
    damaged(name + " cannot be understood: " + reason);
    return false;
  }

  void prove_set() {
    const Set& set = meta().set;
    std::uint64_t next = set.first;
    Chain chain = first_chain_of_set(meta().log_id, set.cut);
    Statement select = set_rows(db_, set);
    for (; select.step(); ++next, ++found_.set_rows) {
      const auto kind = select.integer(1);
      chain = next_chain(chain, next, static_cast<std::uint16_t>(kind), {}, select.blob(2));
      const bool is_next = select.integer(0) == static_cast<std::int64_t>(next);
      if (is_next && fits(kind) && select.blob(3) == bytes_of(chain)) continue;
      return damaged("row " + text(next) + " of the set, which says what the log said up to LSN " + text(set.cut) +
                     ", is missing or was changed");
    }
    if (next != set.last + 1 || chain != set.chain) {
      return damaged("the set, which says what the log said up to LSN " + text(set.cut) + ", ends at row " +
                     text(next - 1) + " and not at row " + text(set.last));
    }
    select.reset();
    while (select.step()) {
      const Stored row{0, static_cast<std::uint16_t>(select.integer(1)), select.blob(2)};
      if (!understood("row " + std::to_string(select.integer(0)) + " of the set", row)) return;
    }
    found_.set_is_whole = true;
  }

  static Statement set_rows(const Database& db, const Set& set) {
    Statement select = db.prepare("SELECT n, kind, body, chain FROM restated WHERE n BETWEEN ?1 AND ?2 ORDER BY n");
    select.bind(1, static_cast<std::int64_t>(set.first));
    select.bind(2, static_cast<std::int64_t>(set.last));
    return select;
  }

  void prove_records() {
    const std::string last = db_.ask("SELECT max(lsn) FROM record");
    if (!last.empty()) found_.present = std::max(found_.present, static_cast<Lsn>(std::stoull(last)));
    compare_with_head();
    const Lsn counted_after = found_.set_is_whole ? meta().set.cut : meta().base.lsn;
    Statement select = db_.prepare("SELECT lsn, kind, key, body, chain FROM record NOT INDEXED ORDER BY lsn");
    while (select.step()) {
      const Lsn lsn = found_.proven.lsn + 1;
      const auto kind = static_cast<std::uint16_t>(select.integer(1));
      const Chain chain = next_chain(found_.proven.chain, lsn, kind, key_of(select, 2), select.blob(3));
      if (select.integer(0) != static_cast<std::int64_t>(lsn)) {
        damaged("record " + text(lsn) + " is missing");
        break;
      }
      if (!fits(select.integer(1)) || select.blob(4) != bytes_of(chain)) {
        damaged("record " + text(lsn) + " does not fit the check chain: it was changed after it was written");
        break;
      }
      if (lsn > counted_after && !understood("record " + text(lsn), {lsn, kind, select.blob(3)})) break;
      found_.proven = {lsn, chain};
      compare_with_head();
    }
    found_.records_are_whole = found_.proven.lsn == found_.present;
    if (found_.head && found_.head->lsn > found_.proven.lsn) {
      damaged("LSN " + text(found_.head->lsn) + " was durable, and what is proven ends at LSN " +
              text(found_.proven.lsn) + ": records that somebody was told of are lost");
    }
  }

  void compare_with_head() {
    if (!found_.head || found_.head->lsn != found_.proven.lsn) return;
    found_.head_fits = found_.head->chain == found_.proven.chain;
    if (found_.head_fits) return;
    damaged("at LSN " + text(found_.proven.lsn) +
            " the check chain is not the one in the head: file and head are of two histories");
  }

  void compare_with_set() {
    const Lsn cut = meta().set.cut;
    if (meta().base.lsn > cut) {
      damaged("its records begin after LSN " + text(meta().base.lsn) + ", its set speaks only for LSN " + text(cut) +
              " and below");
      found_.set_is_whole = false;
    }
    if (found_.head && found_.head->lsn < meta().base.lsn) {
      damaged("its records begin after LSN " + text(meta().base.lsn) + ", its newest sound head slot names LSN " +
              text(found_.head->lsn) + ": a newer slot was lost");
    }
    if (found_.proven.lsn < cut && found_.is_sound()) {
      damaged("it ends at LSN " + text(found_.proven.lsn) + ", its set speaks for what lay up to LSN " + text(cut));
    }
  }

  void prove_kept() {
    KeptSum sum;
    Statement select = db_.prepare("SELECT lsn, kind, key, body, proof FROM kept NOT INDEXED ORDER BY lsn");
    for (; select.step(); ++sum.count) {
      const auto lsn = static_cast<Lsn>(select.integer(0));
      const Chain proof = proof_of_kept(meta().log_id, lsn, static_cast<std::uint16_t>(select.integer(1)),
                                        select.blob(2), select.blob(3));
      if (!fits(select.integer(1)) || select.blob(4) != bytes_of(proof)) {
        return damaged("record " + text(lsn) + ", kept for its key, was changed after it was written");
      }
      sum.sum = plus(sum.sum, proof);
    }
    found_.kept_is_whole = sum.count == meta().kept.count && sum.sum == meta().kept.sum;
    if (found_.kept_is_whole) return;
    damaged("of " + std::to_string(meta().kept.count) + " records kept for their keys " + std::to_string(sum.count) +
            " are there, and they are not the ones that were kept");
  }

  const Database& db_;
  Inspection& found_;
  const See& see_;
};

/// The newest valid slot, if there is one.
std::optional<Point> read_head(const Directory& directory, const Meta& meta) {
  const std::string name = head_name(meta.generation);
  std::optional<Point> head;
  if (!directory.has(name)) return head;
  const auto file = directory.open(name, OpenFor::kReading);
  for (const std::uint64_t at : {std::uint64_t{0}, kHeadSlotGap}) {
    const auto slot = decode_slot(meta.log_id, meta.generation, file->read(at, kHeadSlotBytes));
    if (slot && (!head || slot->lsn > head->lsn)) head = slot;
  }
  return head;
}

std::uint16_t kind_of(const Statement& row) {
  return static_cast<std::uint16_t>(row.integer(1));
}

/// Each is proven by itself. Where a page of them cannot be read, that was said already, and the rest is lost.
void visit_kept(const Database& db, const Inspection& found, const std::function<void(const ProvenRow&)>& visit) {
  try {
    Statement kept = db.prepare("SELECT lsn, kind, key, body, proof FROM kept NOT INDEXED ORDER BY lsn");
    while (kept.step()) {
      const ProvenRow row{Place::kKept, static_cast<Lsn>(kept.integer(0)), kind_of(kept), kept.blob(2), kept.blob(3)};
      const Chain proof = proof_of_kept(found.meta->log_id, row.lsn, row.kind, row.key, row.body);
      const bool is_proven = fits(kept.integer(1)) && kept.blob(4) == bytes_of(proof);
      if (is_proven && row.lsn > found.meta->keys_upto) visit(row);
    }
  } catch (const SqliteError&) {
    if (found.kept_is_whole) throw;
  }
}

}  // namespace

Inspection inspect_generation(const Directory& directory, std::uint64_t generation, bool deep, const See& see) {
  Inspection found;
  found.generation = generation;
  found.file = directory.path_of(log_name(generation));
  if (!directory.has(log_name(generation))) {
    found.damage.push_back(found.file + ": it is missing");
    return found;
  }
  const Reading reading(directory, log_name(generation));
  Inspector inspector(reading.db(), found, see);
  if (!inspector.read_meta()) return found;
  if (found.meta->generation != generation) {
    found.damage.push_back(found.file + ": this is generation " + std::to_string(found.meta->generation) +
                           " under another name");
  }
  if (found.meta->backup) {
    found.damage.push_back(found.file + ": it is marked as a backup, which no start opens before it was restored");
  }
  found.head = read_head(directory, *found.meta);
  if (!found.head) {
    found.damage.push_back(directory.path_of(head_name(generation)) +
                           ": it is missing or has no valid slot, so nobody can say whether the log lost its end");
  }
  inspector.prove(deep);
  return found;
}

Inspection inspect_backup(const Directory& directory, const std::string& name, bool deep, const See& see) {
  Inspection found;
  found.file = directory.path_of(name);
  const Reading reading(directory, name);
  Inspector inspector(reading.db(), found, see);
  if (!inspector.read_meta()) return found;
  if (found.meta->backup) {
    found.head = found.meta->backup->end;
  } else {
    found.damage.push_back(found.file +
                           ": it is not marked as a backup: a copy of a running log's file may lack its end, and "
                           "nothing in it says so; take one with `trothctl log backup`");
  }
  inspector.prove(deep);
  return found;
}

void for_each_proven(const Database& db, const Inspection& found, const std::function<void(const ProvenRow&)>& visit) {
  const Meta& meta = *found.meta;
  if (found.set_is_whole) {
    Statement set = db.prepare("SELECT n, kind, body FROM restated WHERE n BETWEEN ?1 AND ?2 ORDER BY n");
    set.bind(1, static_cast<std::int64_t>(meta.set.first));
    set.bind(2, static_cast<std::int64_t>(meta.set.last));
    for (std::uint64_t left = meta.set.rows(); left > 0 && set.step(); --left) {
      visit({Place::kSet, 0, kind_of(set), {}, set.blob(2)});
    }
  }
  visit_kept(db, found, visit);
  Statement records = db.prepare("SELECT lsn, kind, key, body FROM record NOT INDEXED WHERE lsn <= ?1 ORDER BY lsn");
  records.bind(1, static_cast<std::int64_t>(found.proven.lsn));
  for (Lsn last = meta.base.lsn; last < found.proven.lsn && records.step();) {
    ProvenRow row{Place::kRecord, static_cast<Lsn>(records.integer(0)), kind_of(records), key_of(records, 2),
                  records.blob(3)};
    last = row.lsn;
    const bool is_superseded = found.set_is_whole && row.lsn <= meta.set.cut;
    if (is_superseded && (row.key.empty() || row.lsn <= meta.keys_upto)) continue;
    if (is_superseded) row.place = Place::kKept;
    visit(row);
  }
}

}  // namespace troth::wal
