#include "tests/sim/sqlite_sim_log.h"

#include <algorithm>
#include <stdexcept>

#include "recovery/remake.h"
#include "wal/generations.h"

namespace troth::sim {
namespace {

constexpr const char* kDirectory = "/log";
constexpr std::uint64_t kTendEvery = 8;  // batches

std::string path_of(const std::string& name) {
  return std::string(kDirectory) + "/" + name;
}

}  // namespace

SqliteSimLog::SqliteSimLog(std::unique_ptr<wal::LogFile> file)
    : file_(std::move(file)), next_(file_->end() + 1), durable_(file_->end()) {}

Lsn SqliteSimLog::append(std::span<const wal::Record> records) {
  for (const wal::Record& record : records) {
    queue_.add(record);
    urgent_ |= record.forced;
  }
  next_ += records.size();
  return next_ - 1;
}

void SqliteSimLog::find(std::string key, std::uint64_t token) {
  questions_.emplace_back(std::move(key), token);
}

bool SqliteSimLog::guarded(const std::function<void()>& act) {
  if (failed()) return false;
  try {
    act();
  } catch (const std::exception& error) {
    why_ = error.what();
  }
  return !failed();
}

bool SqliteSimLog::write_batch() {
  return guarded([this] { write(); });
}

void SqliteSimLog::write() {
  const bool progress = !queue_.empty() || !questions_.empty();
  if (!queue_.empty() || dropping_) {
    file_->write(queue_, [this](wal::Shortener& shortener) {
      if (dropping_) dropping_ = shortener.drop_some();
    });
    queue_.clear();
    durable_ = file_->end();
  }
  urgent_ = false;
  for (const auto& [key, token] : questions_) found_.push_back(file_->find(key, token));
  questions_.clear();
  if (progress && progress_) progress_();
  file_->checkpoint_if_due();
  if (++batches_ % kTendEvery == 0) file_->tend();
}

/// As the writer does it for another thread, at once.
class DirectSuperseding final : public wal::Superseding {
 public:
  explicit DirectSuperseding(SqliteSimLog& log) : log_(log), cut_(log.file_->end()) {
    log_.guarded([&] { log_.file_->shortener().begin(cut_); });
  }
  ~DirectSuperseding() override { log_.file_->shortener().give_up(); }
  Lsn cut() const override { return cut_; }
  Read read(std::vector<wal::Row>& rows) override {
    bool more = false;
    const bool done = log_.guarded([&] { more = log_.file_->shortener().read(rows); });
    if (!done) return Read::kStopped;
    return more ? Read::kMore : Read::kDone;
  }
  bool add(std::span<const wal::Record> rows) override {
    return write([&](wal::Shortener& shortener) { shortener.add(rows); });
  }
  bool finish(Lsn keys_upto) override {
    const bool finished = log_.guarded([&] { log_.file_->sync_head(); }) &&
                          write([&](wal::Shortener& shortener) { shortener.finish(keys_upto); });
    log_.dropping_ |= finished;
    return finished;
  }

 private:
  bool write(const std::function<void(wal::Shortener&)>& shorten) {
    return log_.guarded([&] { log_.file_->write({}, shorten); });
  }

  SqliteSimLog& log_;
  const Lsn cut_;
};

std::unique_ptr<wal::Superseding> SqliteSimLog::supersede() {
  return std::make_unique<DirectSuperseding>(*this);
}

void SqliteSimLog::stop() {
  write();
  file_->close_in_order();
}

SqliteStorage::SqliteStorage(LogId log, const Options& options)
    : log_(log), options_(options), disk_(options.disk), files_(disk_) {
  disk_.make_directory(kDirectory);
}

wal::OpenOptions SqliteStorage::open_options() const {
  wal::OpenOptions options;
  options.dir = kDirectory;
  options.expected_log_id = log_;
  options.ballast_bytes = options_.ballast_bytes;
  options.reserve_bytes = options_.reserve_bytes;
  options.checkpoint_pages = options_.checkpoint_pages;
  options.file_system = &files_;
  return options;
}

std::variant<Storage::Opened, wal::OpenError> SqliteStorage::open(wal::Replayer& replayer) {
  disk_.restart();
  auto result = wal::open_log_file(open_options(), replayer);
  if (auto* error = std::get_if<wal::OpenError>(&result)) return std::move(*error);
  auto& opened = std::get<wal::OpenedFile>(result);
  const Lsn last = opened.file->end();
  return Opened{std::make_unique<SqliteSimLog>(std::move(opened.file)), opened.log_id, last};
}

void SqliteStorage::fall(Fall how, std::uint64_t chance) {
  if (how == Fall::kKill) return disk_.crash(vfs::Ending::kKill);
  constexpr vfs::Ending kCuts[] = {vfs::Ending::kRandom, vfs::Ending::kNothingKept, vfs::Ending::kRandom,
                                   vfs::Ending::kAllKept};
  disk_.crash(kCuts[chance % 4], chance);
}

void SqliteStorage::fail_next_sync(std::uint64_t) {
  disk_.faults().plan({vfs::FaultKind::kSyncFails, 0, false});
}

std::unique_ptr<Storage> SqliteStorage::copy() const {
  auto copy = std::make_unique<SqliteStorage>(log_, options_);
  copy->disk_.copy_directory(disk_, kDirectory, kDirectory);
  return copy;
}

void SqliteStorage::mark_old_copy() {
  disk_.put(path_of(wal::kOldCopy), "a participant has seen more of this log than it holds\n");
}

/// By the operator's tool itself.
void SqliteStorage::restore_above(EpochId epoch, Lsn lsn) {
  disk_.restart();
  disk_.erase(path_of(wal::kOldCopy));
  recovery::RestoreOptions options;
  options.directory = kDirectory;
  options.above = {epoch.epoch, lsn};
  options.copied_in = recovery::kNeverStarted;
  options.files = &files_;
  try {
    recovery::plan_restore(options)->carry_out();
  } catch (const recovery::Refused& refused) {
    throw std::runtime_error(refused.message);
  } catch (const wal::OpenError& error) {
    throw std::runtime_error(error.message);
  }
}

}  // namespace troth::sim
