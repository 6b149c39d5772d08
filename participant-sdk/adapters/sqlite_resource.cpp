#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "participant-sdk/adapters/sqlite_branches.h"
#include "participant-sdk/adapters/sqlite_forget.h"

namespace troth {
namespace {

using sqlite::Batch;
using sqlite::Blocked;
using sqlite::Connection;

/// Two writers on one file are two sets of locks: the second process is refused. Freed by the system when we die.
class OnlyOne {
 public:
  explicit OnlyOne(const std::string& path) : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    if (fd_ < 0) throw SqliteError(SQLITE_CANTOPEN, path + ": " + std::strerror(errno));
    if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
    ::close(fd_);
    throw SqliteError(SQLITE_BUSY, path + ": another SqliteResource has this database open");
  }
  ~OnlyOne() { ::close(fd_); }
  OnlyOne(const OnlyOne&) = delete;
  OnlyOne& operator=(const OnlyOne&) = delete;

 private:
  int fd_;
};

void require(const Connection& db, const char* set, const char* read, const std::string& expected) {
  db.run(set);
  const std::string got = db.text(read);
  if (got != expected) throw SqliteError(SQLITE_ERROR, std::string(set) + ": is " + got + ", not " + expected);
}

/// What is read after a crash may be in the page cache only: it is on disk before anything is answered from it.
void checkpoint(const Connection& db) {
  const sqlite::Statement statement(db.get(), "PRAGMA wal_checkpoint(TRUNCATE)");
  sqlite::Use use(statement);
  const bool done = use.row() && (use.integer(0) == 0 || use.integer(1) == use.integer(2));
  if (!done) throw SqliteError(SQLITE_BUSY, "another connection reads the database, so it cannot be checkpointed");
}

struct Opened : Connection {
  Opened(const std::string& path, const std::string& schema) : Connection(path) {
    sqlite3_busy_timeout(get(), 5'000);
    require(*this, "PRAGMA journal_mode = WAL", "PRAGMA journal_mode", "wal");
    require(*this, "PRAGMA synchronous = EXTRA", "PRAGMA synchronous", "3");
    require(*this, "PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys", "0");
    run("PRAGMA cell_size_check = ON");
    checkpoint(*this);
    run("BEGIN IMMEDIATE");
    run(schema.c_str());
    run("COMMIT");
  }
};

}  // namespace

struct SqliteResource::Impl {
  Impl(const std::string& path, Work work, const SqliteOptions& options)
      : only_one(path + ".troth-lock"),
        db(path, options.schema),
        branches(db, std::move(work), options),
        forgetting(branches),
        writer(
            db, [this](Batch& batch) { return forgetting.some(batch); }, options.max_waiting) {}

  OnlyOne only_one;
  Opened db;
  sqlite::Branches branches;
  sqlite::Forgetting forgetting;
  sqlite::Writer writer;
};

SqliteResource::SqliteResource(std::string path, Work work, SqliteOptions options)
    : impl_(std::make_unique<Impl>(path, std::move(work), options)) {}

SqliteResource::~SqliteResource() = default;

Vote SqliteResource::run(const Enlistment& enlisted, const Work& work) {
  Vote answer = Vote::kAbort;
  try {
    impl_->writer.run(
        [&](Batch& batch, bool may_wait) { return impl_->branches.run(enlisted, work, batch, may_wait, answer); });
  } catch (const sqlite::TransactionEnded& ended) {
    return {Vote::kAbort, ended.what()};
  }
  return answer;
}

Vote SqliteResource::prepare(const Branch& branch) {
  Vote answer = Vote::kAbort;
  try {
    impl_->writer.run(
        [&](Batch& batch, bool may_wait) { return impl_->branches.prepare(branch, batch, may_wait, answer); });
  } catch (const sqlite::TransactionEnded& ended) {
    return {Vote::kAbort, ended.what()};
  }
  return answer;
}

Ack SqliteResource::commit(const Branch& branch) {
  Ack answer = Ack::kUnknownBranch;
  impl_->writer.run([&](Batch& batch, bool) -> std::optional<Blocked> {
    answer = impl_->branches.commit(branch, batch);
    return std::nullopt;
  });
  return answer;
}

Ack SqliteResource::abort(const Branch& branch) {
  Ack answer = Ack::kAborted;
  impl_->writer.run([&](Batch& batch, bool) -> std::optional<Blocked> {
    answer = impl_->branches.abort(branch, batch);
    return std::nullopt;
  });
  return answer;
}

Ack SqliteResource::commit_one_phase(const Branch& branch) {
  Ack answer = Ack::kAborted;
  const auto task = [&](Batch& batch, bool may_wait) {
    return impl_->branches.commit_one_phase(branch, batch, may_wait, answer);
  };
  try {
    impl_->writer.run(task);
  } catch (const sqlite::TransactionEnded&) {
    return abort(branch);
  }
  return answer;
}

std::vector<BranchId> SqliteResource::in_doubt() {
  std::vector<BranchId> branches;
  impl_->writer.run([&](Batch&, bool) -> std::optional<Blocked> {
    branches = impl_->branches.store().prepared();
    return std::nullopt;
  });
  return branches;
}

std::vector<Seen> SqliteResource::seen() {
  std::vector<Seen> all;
  impl_->writer.run([&](Batch&, bool) -> std::optional<Blocked> {
    all = impl_->branches.store().seen();
    return std::nullopt;
  });
  return all;
}

void SqliteResource::remember(const Seen& seen) {
  impl_->writer.run([&](Batch&, bool) -> std::optional<Blocked> {
    impl_->branches.store().remember(seen);
    return std::nullopt;
  });
}

void SqliteResource::forget(const std::vector<BranchId>& branches, const TransactionId& horizon) {
  if (impl_->forgetting.add(branches, horizon)) impl_->writer.remind();
}

}  // namespace troth
