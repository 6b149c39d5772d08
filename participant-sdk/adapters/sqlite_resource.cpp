#include <unistd.h>

#include <cstdio>
#include <utility>

#include "participant-sdk/adapters/sqlite_branches.h"
#include "participant-sdk/adapters/sqlite_file.h"
#include "participant-sdk/adapters/sqlite_forget.h"

namespace troth {
namespace {

using sqlite::Batch;
using sqlite::Blocked;

constexpr int kExitBroken = 70;  // "the database could not be written, start me again", as trothd's

[[noreturn]] void end_process(const std::string& why) {
  std::fprintf(stderr, "troth: %s. This process ends; start it again\n", why.c_str());
  ::_exit(kExitBroken);
}

/// A full disk is told by a write, before anything is taken for clean: there the checkpoint of the next start is
/// enough.
bool leaves_unsure(const SqliteError& error) {
  return (error.code() & 0xff) != SQLITE_FULL;
}

}  // namespace

struct SqliteResource::Impl {
  Impl(const sqlite::Files& on, const std::string& real, Work work, SqliteOptions given)
      : files(on),
        path(real),
        options(std::move(given)),
        db(files, path),
        branches(db, std::move(work), options),
        forgetting(branches),
        writer(
            db, [this](Batch& batch) { return forgetting.some(batch); },
            [this](const SqliteError& error) { broken(error); }, options.max_waiting) {
    db.may_close_in_order(true);
  }

  /// On the writer's thread, when a COMMIT failed and before anybody is told.
  void broken(const SqliteError& error) {
    db.may_close_in_order(false);
    std::string why = path + ": " + error.what() + ": nobody knows what of it is on disk";
    if (leaves_unsure(error)) {
      const std::string unmarked = sqlite::mark_unsure(files, path);
      if (!unmarked.empty()) why += "; the next start cannot see this either (" + unmarked + ")";
    }
    options.on_broken ? options.on_broken(why) : end_process(why);
  }

  const sqlite::Files& files;
  const std::string path;
  const SqliteOptions options;
  sqlite::Database db;
  sqlite::Branches branches;
  sqlite::Forgetting forgetting;
  sqlite::Writer writer;
};

/// The lock of the file and all that needs it. A failure while opening may be one of a sync, too.
struct SqliteResource::Held {
  Held(const sqlite::Files& files, const std::string& path, Work work, SqliteOptions options)
      : only_one(sqlite::only_one(files, path)) {
    sqlite::rebuild_if_unsure(files, path);
    try {
      impl = std::make_unique<Impl>(files, path, std::move(work), std::move(options));
    } catch (const SqliteError& error) {
      if ((error.code() & 0xff) == SQLITE_IOERR) sqlite::mark_unsure(files, path);
      throw;
    }
  }

  const std::shared_ptr<void> only_one;
  std::unique_ptr<Impl> impl;
};

std::unique_ptr<SqliteResource::Held> SqliteResource::hold(const std::string& path, Work work, SqliteOptions options) {
  const sqlite::Files& files = options.files != nullptr ? *options.files : sqlite::system_files();
  return std::make_unique<Held>(files, sqlite::real_path(files, path), std::move(work), std::move(options));
}

SqliteResource::SqliteResource(const std::string& path, Work work, SqliteOptions options)
    : held_(hold(path, std::move(work), std::move(options))), impl_(held_->impl.get()) {}

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
