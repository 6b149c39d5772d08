// Opening: prove everything, change nothing until it is proven, and leave no trace of a refusal.
#include "wal/open.h"

#include <sqlite3.h>

#include <cerrno>
#include <cstdlib>
#include <random>

#include "wal/build.h"
#include "wal/generations.h"
#include "wal/writer.h"

namespace troth::wal {
namespace {

LogId new_log_id() {
  std::random_device random;  // the kernel's generator
  LogId id;
  while (id.value == 0) id.value = std::uint64_t{random()} << 32 | random();
  return id;
}

/// How many rows a replay will see, as far as can be told before they are proven.
std::uint64_t rows_to_see(const Database& db, const Meta& meta) {
  const std::string last = db.ask("SELECT max(lsn) FROM record");
  const auto lsn = last.empty() ? 0 : std::strtoull(last.c_str(), nullptr, 10);
  return meta.set.rows() + (lsn > meta.set.cut ? lsn - meta.set.cut : 0);
}

class Opener {
 public:
  Opener(const OpenOptions& options, Replayer& replayer)
      : options_(options), replayer_(replayer), directory_(open_directory(options)) {}

  OpenedFile open() {
    directory_.lock();
    before_ = look(directory_);
    try {
      return serve();
    } catch (...) {
      undo();
      throw;
    }
  }

 private:
  static Directory open_directory(const OpenOptions& options) {
    return Directory::open(options.dir, options.file_system != nullptr ? *options.file_system : posix_file_system());
  }

  OpenedFile serve() {
    if (before_.old_copy) refuse_marked();
    OpenedFile opened;
    opened.created = !before_.current;
    if (opened.created) start_new();
    Generation generation = open_existing(read_current(directory_));
    opened.rebuilt = before_.running;
    release_ballast_if_short(directory_, {options_.ballast_bytes, options_.reserve_bytes});
    if (opened.rebuilt) {
      generation = rebuild(std::move(generation));
    } else {
      begin_running(directory_);
      delete_others(directory_, {generation.meta.generation});
    }
    opened.log_id = generation.meta.log_id;
    switched_ = true;  // the directory is the log's now: what fails from here on leaves what a crash would
    opened.file = std::make_unique<LogFile>(std::move(directory_), std::move(generation), options_);
    return opened;
  }

  /// Makes generation 1, if nothing here says that there was a log.
  void start_new() {
    if (!before_.ours.empty() && !is_unfinished_start()) {
      refuse(kExitDamaged, kCurrent,
             "it is missing beside the files of a log, so nobody can say which of them is the log",
             "run `trothctl log verify` to see what is sound and `trothctl log salvage` to keep it");
    }
    if (options_.must_exist) {
      refuse(kExitNoDirectory, "", "there is no log in the data directory, and one must exist",
             "name the right directory with --data-dir, or start without --must-exist to make a new log");
    }
    delete_others(directory_, {});
    Meta meta;
    meta.log_id = options_.expected_log_id.value_or(new_log_id());
    meta.generation = 1;
    meta.base = {0, first_chain(meta.log_id)};
    directory_.create(log_name(1));
    build_generation(directory_, meta, [](SetWriter&, KeptWriter&) {});
    switched_ = true;
    write_current(directory_, 1);
  }

  /// A first start that was cut off before CURRENT was made: generation 1 alone, in which nothing was ever recorded.
  bool is_unfinished_start() const {
    if (before_.running || before_.ballast) return false;
    for (const std::uint64_t generation : before_.generations) {
      if (generation != 1) return false;
    }
    if (head_names_a_record(directory_, 1)) return false;
    if (directory_.size_of(log_name(1)) == 0) return directory_.size_of(wal_name(1)) == 0;
    try {
      const Database db(directory_.path_of(log_name(1)), directory_.sqlite_vfs());
      db.run("PRAGMA locking_mode=EXCLUSIVE");
      if (db.ask("SELECT name FROM sqlite_schema WHERE name = 'record'").empty()) return true;
      const Meta meta = read_schema(db);
      return meta.set.cut == 0 && db.ask("SELECT lsn FROM record LIMIT 1").empty();
    } catch (const SqliteError&) {
      return false;
    } catch (const OpenError&) {
      return false;
    }
  }

  Generation open_existing(std::uint64_t number) {
    if (!before_.running && !before_.generations.empty() && *before_.generations.rbegin() > number) {
      refuse(kExitDamaged, kCurrent,
             "it names generation " + std::to_string(number) +
                 ", but the files of a newer one lie beside it though the log was closed in order",
             "put back the CURRENT that belongs to them, or run `trothctl log verify`");
    }
    Generation generation = open_generation(number);
    if (!before_.running) prove_structure(*generation.db);  // an unclean one is not served: its rebuilt copy is
    replay(generation);
    return generation;
  }

  Generation open_generation(std::uint64_t number) {
    const std::string name = log_name(number);
    if (!directory_.has(name)) {
      refuse(kExitDamaged, name, "CURRENT names it as the log, but it is missing",
             "put it back; if it is lost for good, run `trothctl log restore` with the newest backup");
    }
    Generation generation;
    generation.db = std::make_unique<Database>(directory_.path_of(name), directory_.sqlite_vfs());
    if (generation.db->read_only()) {
      refuse(kExitNoDirectory, name, "the log is not writable", "give it to the user that runs this");
    }
    generation.meta = read_schema(*generation.db);
    if (generation.meta.generation != number) {
      refuse(kExitDamaged, name,
             "this is generation " + std::to_string(generation.meta.generation) + " under another name",
             "give every file its own name back, or run `trothctl log verify`");
    }
    if (options_.expected_log_id && *options_.expected_log_id != generation.meta.log_id) {
      refuse(kExitForeign, name,
             "the log is " + to_text(generation.meta.log_id) + ", not " + to_text(*options_.expected_log_id) +
                 " as configured",
             "name the directory of that log with --data-dir, or configure the other log id");
    }
    set_pragmas(*generation.db);
    generation.head = Head::open(directory_, generation.meta);
    return generation;
  }

  void replay(Generation& generation) {
    const auto see = [this](const Stored& record) { return replayer_.see(record); };
    const Meta& meta = generation.meta;
    replayer_.expect(rows_to_see(*generation.db, meta));
    prove_set(*generation.db, meta, see);
    generation.end = prove_records(*generation.db, meta, generation.head.found(), see);
    prove_kept(*generation.db, meta);
  }

  /// The last stop was unclean, and what was read may lie in the page cache only: everything that counts goes into new
  /// files, synced, before anybody is answered from it. A crash at any line leaves CURRENT naming one whole generation
  /// and RUNNING beside it, so the next start does this again.
  Generation rebuild(Generation old) {
    Meta meta;
    meta.log_id = old.meta.log_id;
    meta.generation = look(directory_).unused();
    meta.base = old.end;
    meta.keys_upto = old.meta.keys_upto;
    directory_.create(log_name(meta.generation));  // takes the name before leftovers go: none is used twice
    delete_others(directory_, {old.meta.generation, meta.generation});
    build_generation(directory_, meta, [&](SetWriter& set, KeptWriter& kept) { restate(old, set, kept); });
    Generation fresh = open_generation(meta.generation);
    prove_structure(*fresh.db);
    replayer_.reset();
    replay(fresh);
    directory_.sync();
    switched_ = true;
    write_current(directory_, meta.generation);
    old.db.reset();
    delete_others(directory_, {meta.generation});
    return fresh;
  }

  void restate(const Generation& old, SetWriter& set, KeptWriter& kept) {
    const Lsn cut = old.end.lsn;
    const Lsn may_go = replayer_.rebuilt(cut, [&](const Record& row) { set.add(row.kind, row.body); });
    const Lsn keys_upto = std::max(old.meta.keys_upto, may_go);
    const auto keep = [&](const KeptRow& row) {
      if (row.lsn > keys_upto) kept.add(row.lsn, row.kind, row.key, row.body);
    };
    prove_kept(*old.db, old.meta, keep);
    for_each_keyed(*old.db, old.meta.base, old.end, keep);
  }

  /// Who put the mark there wrote why; without a word it was a participant that knew more.
  [[noreturn]] void refuse_marked() const {
    const std::string why = directory_.read(kOldCopy);
    if (!why.starts_with("a log is being made") && !why.starts_with("this log is being restored")) {
      refuse(kExitDamaged, kOldCopy, "a participant knows of more than this log holds: the log is an old copy",
             "run `trothctl log restore`");
    }
    refuse(kExitDamaged, kOldCopy, why.substr(0, why.find('\n')), "do as it says");
  }

  [[noreturn]] void refuse(int code, const std::string& name, const std::string& what,
                           const std::string& remedy) const {
    const std::string file = name.empty() ? options_.dir : directory_.path_of(name);
    throw OpenError{code, file + ": " + what + "; nothing was changed. To go on, " + remedy};
  }

  /// Removes the files that this open made, while CURRENT does not name them.
  void undo() noexcept {
    if (switched_) return;
    try {
      std::vector<std::string> made;
      for (const std::string& name : look(directory_).ours) {
        const bool filled_wal = name.ends_with("-wal") && directory_.size_of(name) != 0;
        const bool of_an_old_log = before_.ours.contains(name.substr(0, name.size() - std::string_view("-wal").size()));
        if (filled_wal && of_an_old_log) continue;  // not ours: we write none before CURRENT changes
        if (!before_.ours.contains(name)) made.push_back(name);
      }
      if (!made.empty()) delete_files(directory_, made);
    } catch (const std::exception&) {
      // The refusal itself says more than this could; the next start deletes what is left.
    }
  }

  const OpenOptions& options_;
  Replayer& replayer_;
  Directory directory_;
  Listing before_;         // what lay here when the lock was taken
  bool switched_ = false;  // CURRENT may name what this open made: nothing is undone
};

OpenError explain(const SqliteError& error) {
  const int code = error.code() & 0xff;
  const std::string what = error.what();
  if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
    return {kExitInUse, what + "; another program has the log open: close it, then start again"};
  }
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
    return {kExitDamaged,
            what +
                "; nothing was changed. Run `trothctl log verify` to see what is proven and `trothctl log "
                "salvage` to keep it"};
  }
  if (code == SQLITE_READONLY || code == SQLITE_PERM || code == SQLITE_CANTOPEN) {
    return {kExitNoDirectory, what + "; give the file to the user that runs this"};
  }
  return {kExitWrite, what + "; the log was not opened: when the disk is sound and has space, start again"};
}

OpenError explain(const FileError& error) {
  const bool denied = error.error() == EACCES || error.error() == EPERM || error.error() == EROFS;
  if (denied) return {kExitNoDirectory, error.what() + std::string("; give the file to the user that runs this")};
  return {kExitWrite,
          error.what() + std::string("; the log was not opened: when the disk is sound and has space, start again")};
}

/// Runs `make`; what it throws becomes the refusal.
template <class Opened, class Make>
std::variant<Opened, OpenError> or_refusal(const Make& make) {
  try {
    return make();
  } catch (const OpenError& error) {
    return error;
  } catch (const SqliteError& error) {
    return explain(error);
  } catch (const FileError& error) {
    return explain(error);
  }
}

}  // namespace

std::variant<OpenedFile, OpenError> open_log_file(const OpenOptions& options, Replayer& replayer) {
  return or_refusal<OpenedFile>([&] { return Opener(options, replayer).open(); });
}

std::variant<SqliteLog::Opened, OpenError> SqliteLog::open(const OpenOptions& options, Replayer& replayer) {
  return or_refusal<Opened>([&] {
    OpenedFile opened = Opener(options, replayer).open();
    const Lsn last = opened.file->end();
    auto log = std::make_unique<WriterLog>(std::move(opened.file), options.exit);
    return Opened{std::move(log), opened.log_id, last, opened.created, opened.rebuilt};
  });
}

}  // namespace troth::wal
