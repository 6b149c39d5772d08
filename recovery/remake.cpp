#include "recovery/remake.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "proto/codec/record_codec.h"
#include "recovery/examine.h"
#include "recovery/rebuild.h"
#include "wal/build.h"
#include "wal/generations.h"
#include "wal/sqlite_log.h"

namespace troth::recovery {
namespace {

namespace fs = std::filesystem;

/// In OLD-COPY while the new log is not whole, which keeps trothd away.
constexpr const char* kUnfinishedNew = "a log is being made here; if that was cut off, give the same command again\n";
constexpr const char* kUnfinishedHere = "this log is being restored; if that was cut off, run: trothctl log restore\n";
/// A row whose LSN lies further ahead than this carries no LSN but damage.
constexpr Lsn kPlausible = Lsn{1} << 32;

/// What a log that must not be started as it is says, as far as it is proven.
struct Source {
  wal::Directory directory;
  std::string name;
  wal::Inspection found;
  Replay replay;
};

void read(Source& source, const std::function<wal::Inspection(const wal::See&)>& inspect) {
  source.found = inspect([&](const wal::Stored& record) { return source.replay.see(record); });
  if (source.found.meta) source.replay.known().log = source.found.meta->log_id;
}

Source read_generation(wal::Directory directory, std::uint64_t generation) {
  Source source{std::move(directory), wal::log_name(generation), {}, Replay{}};
  read(source, [&](const wal::See& see) { return wal::inspect_generation(source.directory, generation, false, see); });
  return source;
}

Source read_backup(const std::string& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) throw Refused{path + ": there is no such file; name the backup with --from"};
  const std::string folder = fs::path(path).parent_path().string();
  Source source{wal::Directory::open_any(folder.empty() ? "." : folder), fs::path(path).filename(), {}, Replay{}};
  read(source, [&](const wal::See& see) { return wal::inspect_backup(source.directory, source.name, true, see); });
  return source;
}

void refuse_newer(const Source& source) {
  if (!source.found.newer_format) return;
  throw Refused{source.found.damage.front() + "; use the trothctl of the version that wrote it"};
}

/// What a file cannot be restored with, for whom it must be sound.
void must_be_sound(const Source& source, const std::string& remedy) {
  refuse_newer(source);
  if (source.found.is_sound()) return;
  throw Refused{source.found.damage.front() + "; nothing was changed. To go on, " + remedy};
}

/// `new/` names what `new` names.
fs::path absolute(const std::string& path) {
  const fs::path whole = fs::absolute(path);
  return whole.has_filename() ? whole : whole.parent_path();
}

wal::Directory open_and_lock(const std::string& path, const wal::FileSystem* files = nullptr) {
  wal::Directory directory = wal::Directory::open(path, files == nullptr ? wal::posix_file_system() : *files);
  directory.lock();
  return directory;
}

/// A directory without a log: null when it is missing, and can be made.
std::unique_ptr<wal::Directory> find_target(const fs::path& path) {
  if (!fs::exists(path)) {
    if (fs::is_directory(path.parent_path())) return nullptr;
    throw Refused{path.parent_path().string() + ": there is no such directory; make it, then give the command again"};
  }
  auto target = std::make_unique<wal::Directory>(open_and_lock(path.string()));
  const wal::Listing listing = wal::look(*target);
  const bool is_unfinished = listing.old_copy && target->read(wal::kOldCopy) == kUnfinishedNew;
  if (!listing.ours.empty() && !is_unfinished) {
    throw Refused{path.string() + ": it holds files of a log (" + *listing.ours.begin() +
                  "), and nothing is written over a log; move them away, or name an empty directory"};
  }
  return target;
}

void make_directory(const fs::path& path) {
  fs::create_directory(path);
  fs::permissions(path, fs::perms::owner_all);
  wal::Directory::open(path.parent_path().string()).sync();
}

class NewLog final : public Remake {
 public:
  /// `is_new`: not in the directory of the source itself.
  NewLog(Source source, std::string to, bool is_new) : source_(std::move(source)), is_new_(is_new) {
    if (is_new) target_ = find_target(absolute(to));
    const Known& known = source_.replay.known();
    const wal::Inspection& found = source_.found;
    plan_.log = found.meta->log_id;
    plan_.from = found.file;
    plan_.to = std::move(to);
    plan_.first_epoch = known.epochs.empty() ? EpochId{} : known.epochs.front().epoch;
    plan_.last_epoch = last_epoch(known);
    plan_.proven_lsn = std::max(found.proven.lsn, found.set_is_whole ? found.meta->set.cut : 0);
    plan_.damage = found.damage;
    if (found.meta->backup) plan_.made_at = found.meta->backup->at;
    const Lsn told = found.head ? found.head->lsn : 0;
    base_ = std::max(plan_.proven_lsn, told);
    if (found.present < base_ + kPlausible) base_ = std::max(base_, found.present);
    count();
  }

  void open_gap(EpochId from, const Above& above, Millis at) {
    Known& known = source_.replay.known();
    gap_from_ = from;
    fold_kept_aborts();
    const std::size_t before = known.abort_details.size();
    plan_.gap = recovery::open_gap(known, from, above.epoch, at);
    plan_.unpresumed = before - known.abort_details.size();
    bind_keys_of_unpresumed();
    base_ = std::max(base_, above.lsn);
    count();
  }

  const RemakePlan& plan() const override { return plan_; }

  void carry_out() override {
    if (is_new_ && target_ == nullptr) {
      make_directory(absolute(plan_.to));
      target_ = find_target(absolute(plan_.to));
    }
    const wal::Directory& target = is_new_ ? *target_ : source_.directory;
    if (!target.has(wal::kOldCopy)) target.replace(wal::kOldCopy, is_new_ ? kUnfinishedNew : kUnfinishedHere);
    wal::Meta meta;
    meta.log_id = plan_.log;
    meta.generation = wal::look(target).unused();
    meta.base = {base_, source_.found.proven.chain};
    meta.keys_upto = source_.found.meta->keys_upto;
    std::set<std::uint64_t> kept{meta.generation};
    if (!is_new_) kept.insert(source_.found.generation);
    target.create(wal::log_name(meta.generation));
    wal::delete_others(target, kept);
    build(target, meta);
    prove(target, meta);
    wal::write_current(target, meta.generation);
    wal::end_running(target);
    wal::delete_others(target, {meta.generation});
    target.remove(wal::kOldCopy);
    target.sync();
  }

 private:
  void count() {
    const Known& known = source_.replay.known();
    plan_.next_epoch = next_epoch(known);
    plan_.next_lsn = base_ + 1;
    const auto is_in_gap = [&](const auto& item) { return known.in_gap(item.first); };
    plan_.in_gap = static_cast<std::uint64_t>(std::count_if(known.live.begin(), known.live.end(), is_in_gap));
    plan_.live = known.live.size() - plan_.in_gap;
  }

  /// A set does not say which aborts were told, since outside a gap every id without a decision aborted. Inside one it
  /// must be known, and as long as their keys are kept it is.
  void fold_kept_aborts() {
    const wal::Reading reading(source_.directory, source_.name);
    wal::for_each_proven(reading.db(), source_.found, [&](const wal::ProvenRow& row) {
      if (row.place != wal::Place::kKept) return;
      const auto fact = codec::decode_fact(row.kind, row.body);
      if (fact && std::holds_alternative<fact::AbortTold>(*fact)) fold(source_.replay.known(), row.lsn, *fact);
    });
  }

  /// A key of an abort that is presumed no more must not begin anew: its transaction may have committed. It binds
  /// again to a transaction of which only the beginning is known.
  void bind_keys_of_unpresumed() {
    Known& known = source_.replay.known();
    const wal::Reading reading(source_.directory, source_.name);
    wal::for_each_proven(reading.db(), source_.found, [&](const wal::ProvenRow& row) {
      const auto fact = row.key.empty() ? std::nullopt : codec::decode_fact(row.kind, row.body);
      const auto* told = fact ? std::get_if<fact::AbortTold>(&*fact) : nullptr;
      if (told == nullptr || !is_presumed(*told, gap_from_) || !is_in_gap_range(known, told->id.epoch)) return;
      if (known.commits.contains(told->id.epoch, told->id.sequence)) return;
      const fact::PrepareStarted begun{told->id, {}, told->origin, told->label, {}, told->begun_at};
      known.live.try_emplace(told->id, begun);
    });
  }

  void build(const wal::Directory& target, const wal::Meta& meta) {
    const wal::Reading reading(source_.directory, source_.name);
    wal::build_generation(target, meta, [&](wal::SetWriter& set, wal::KeptWriter& kept) {
      source_.replay.rebuilt(base_, 0, [&](const wal::Record& row) { set.add(row.kind, row.body); });
      wal::for_each_proven(reading.db(), source_.found, [&](const wal::ProvenRow& row) {
        const bool is_keyed = !row.key.empty() && row.lsn <= base_;
        if (is_keyed && !is_forgotten(row)) kept.add(row.lsn, row.kind, row.key, row.body);
      });
    });
  }

  bool is_forgotten(const wal::ProvenRow& row) const {
    const auto fact = plan_.gap ? codec::decode_fact(row.kind, row.body) : std::nullopt;
    const auto* told = fact ? std::get_if<fact::AbortTold>(&*fact) : nullptr;
    return told != nullptr && is_presumed(*told, gap_from_);
  }

  static void prove(const wal::Directory& target, const wal::Meta& meta) {
    const auto found = wal::inspect_generation(target, meta.generation, true, [](const wal::Stored& record) {
      return codec::decode_fact(record.kind, record.body) ? std::string() : why_not_understood(record);
    });
    if (!found.is_sound()) throw Refused{found.damage.front() + "; what was just written cannot be read back"};
  }

  Source source_;
  const bool is_new_;
  std::unique_ptr<wal::Directory> target_;  // held from the plan on when it was there
  EpochId gap_from_;
  Lsn base_ = 0;
  RemakePlan plan_;
};

EpochId shared_epoch(const Known& known, const RestoreOptions& options) {
  if (!options.copied_in) return {};
  if (*options.copied_in == kNeverStarted) return last_epoch(known);
  const auto found = std::find_if(known.epochs.begin(), known.epochs.end(),
                                  [&](const auto& started) { return started.epoch.epoch == *options.copied_in; });
  if (found != known.epochs.end()) return found->epoch;
  throw Refused{
      options.directory + ": no epoch " + std::to_string(*options.copied_in) +
      " ever ran on this log; name one that did with --copied-in (`trothctl log verify` shows them), or leave "
      "it out"};
}

std::unique_ptr<Remake> restore_in_place(const RestoreOptions& options) {
  wal::Directory directory = open_and_lock(options.directory, options.files);
  const wal::Listing listing = wal::look(directory);
  if (!listing.current) {
    throw Refused{options.directory +
                  ": there is no log that could be restored; name a backup with --from, or keep what "
                  "is proven of a damaged log with `trothctl log salvage`"};
  }
  if (listing.old_copy && directory.read(wal::kOldCopy) == kUnfinishedNew) {
    throw Refused{directory.path_of(wal::kOldCopy) +
                  ": this log was being made of another, and that was cut off; give the command that made it again"};
  }
  const std::uint64_t generation = wal::read_current(directory);
  Source source = read_generation(std::move(directory), generation);
  must_be_sound(source, "restore a backup (--from), or keep what is proven with `trothctl log salvage`");
  const EpochId from = shared_epoch(source.replay.known(), options);
  auto log = std::make_unique<NewLog>(std::move(source), options.directory, false);
  log->open_gap(from, options.above, options.now_at);
  return log;
}

/// The generation to salvage: as told, else the current one, else the newest that is sound, else the newest.
Source choose(const SalvageOptions& options) {
  const auto open = [&] {
    wal::Directory directory = wal::Directory::open_any(options.directory);
    directory.lock();
    return directory;
  };
  wal::Directory directory = open();
  const wal::Listing listing = wal::look(directory);
  std::vector<std::uint64_t> numbers(listing.generations.rbegin(), listing.generations.rend());
  if (numbers.empty()) throw Refused{options.directory + ": there is no log in this directory"};
  std::optional<std::uint64_t> wanted = options.generation;
  if (!wanted && listing.current) {
    try {
      wanted = wal::read_current(directory);
    } catch (const wal::OpenError&) {
      wanted.reset();  // it names none: that is why somebody salvages
    }
  }
  if (wanted && !listing.generations.contains(*wanted)) {
    throw Refused{options.directory + ": no file of generation " + std::to_string(*wanted) +
                  " is here; name one that is with --generation"};
  }
  if (wanted) return read_generation(std::move(directory), *wanted);
  for (const std::uint64_t number : numbers) {
    Source source = read_generation(std::move(directory), number);
    if (source.found.is_sound() || numbers.size() == 1) return source;
    directory = std::move(source.directory);
  }
  return read_generation(std::move(directory), numbers.front());
}

/// What CURRENT names, if it can be read.
std::optional<std::uint64_t> current_of(const wal::Directory& directory) {
  try {
    return wal::read_current(directory);
  } catch (const wal::OpenError&) {
    return std::nullopt;
  }
}

/// No newer generation than this one can have been told of: it is the one in use, or the newest that is here.
bool is_the_log(const Source& source) {
  const wal::Listing listing = wal::look(source.directory);
  const bool is_newest = *listing.generations.rbegin() == source.found.generation;
  if (!listing.current) return is_newest;
  // A newer one beside the one in use is an unfinished rebuild, unless the log was closed in order.
  return current_of(source.directory) == source.found.generation && (is_newest || listing.running);
}

/// A second log beside one that can be started would begin the same epoch.
void refuse_sound(const Source& source) {
  const wal::Listing listing = wal::look(source.directory);
  if (listing.old_copy || !is_the_log(source) || !listing.current || !source.found.is_complete()) return;
  const auto deep = wal::inspect_generation(source.directory, source.found.generation, true,
                                            [](const wal::Stored&) { return std::string(); });
  if (!deep.is_sound()) return;
  throw Refused{source.found.file + ": this log is sound; start trothd on it"};
}

}  // namespace

std::unique_ptr<Remake> plan_restore(const RestoreOptions& options) {
  if (options.backup.empty()) return restore_in_place(options);
  Source source = read_backup(options.backup);
  must_be_sound(source, "restore another backup");
  const EpochId from = last_epoch(source.replay.known());
  auto log = std::make_unique<NewLog>(std::move(source), options.directory, true);
  log->open_gap(from, options.above, options.now_at);
  return log;
}

std::unique_ptr<Remake> plan_salvage(const SalvageOptions& options) {
  Source source = choose(options);
  refuse_newer(source);
  if (!source.found.meta) {
    throw Refused{source.found.damage.front() +
                  "; nothing in this file is proven. To go on, restore a backup (`trothctl log restore --from`)"};
  }
  refuse_sound(source);
  const bool is_complete = source.found.is_complete() && is_the_log(source);
  const bool is_old_copy = wal::look(source.directory).old_copy;
  if (is_old_copy && !options.above) {
    throw Refused{
        source.directory.path_of(wal::kOldCopy) +
        ": this log is also an old copy; give --above <epoch>:<lsn>, the highest that any participant reports"};
  }
  if (!is_complete && !options.above) {
    const std::string why = source.found.is_complete()
                                ? source.found.file + ": a newer generation was in use, and it is not this one"
                                : source.found.damage.front();
    throw Refused{why +
                  "; records are lost, and the new log has to begin above all that they said: give --above "
                  "<epoch>:<lsn>, the highest that any participant reports"};
  }
  const bool is_prefix = source.found.set_is_whole && !is_old_copy;
  const EpochId from = is_prefix ? last_epoch(source.replay.known()) : EpochId{};
  auto log = std::make_unique<NewLog>(std::move(source), options.to, true);
  if (options.above) log->open_gap(from, *options.above, options.now_at);
  return log;
}

}  // namespace troth::recovery
