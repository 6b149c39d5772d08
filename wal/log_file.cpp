#include "wal/log_file.h"

#include <algorithm>
#include <chrono>

#include "wal/generations.h"

namespace troth::wal {

LogFile::Session::Session(std::unique_ptr<Database> open, Meta& meta, const Point& end)
    : db(std::move(open)),
      records(*db, end),
      begin(db->prepare("BEGIN IMMEDIATE")),
      commit(db->prepare("COMMIT")),
      find(db->prepare("SELECT lsn, kind, body, chain, (SELECT chain FROM record AS before WHERE before.lsn = "
                       "found.lsn - 1) FROM record AS found INDEXED BY record_by_key WHERE key = ?1 AND lsn > ?2 "
                       "ORDER BY lsn DESC LIMIT 1")),
      find_kept(
          db->prepare("SELECT lsn, kind, body, proof FROM kept INDEXED BY kept_by_key WHERE key = ?1 AND lsn > ?2 "
                      "ORDER BY lsn DESC LIMIT 1")),
      shortener(*db, meta) {}

LogFile::LogFile(Directory directory, Generation generation, const OpenOptions& options)
    : directory_(std::move(directory)),
      meta_(generation.meta),
      head_(std::move(generation.head)),
      session_(std::make_unique<Session>(std::move(generation.db), meta_, generation.end)),
      space_(directory_, {options.ballast_bytes, options.reserve_bytes}),
      checkpoint_pages_(options.checkpoint_pages) {
  // Its newest slot may have been lost. No row may go that the head does not know of.
  if (head_.found().lsn < end()) head_.write(session_->records.end());
}

double LogFile::write(const Batch& batch, const std::function<void(Shortener&)>& shorten) {
  session_->begin.run();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const Batch::View record = batch[i];
    session_->records.add(record.kind, record.key, record.body);
  }
  if (shorten) shorten(session_->shortener);
  const auto before = std::chrono::steady_clock::now();
  session_->commit.run();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - before;
  if (!batch.empty()) head_.write(session_->records.end());
  return took.count();
}

Found LogFile::find(const std::string& key, std::uint64_t token) {
  Found found;
  found.token = token;
  if (key.empty()) return found;
  find_record(key, found);
  if (!found.present) find_kept(key, found);
  return found;
}

namespace {

void read_found(const Statement& row, Found& found) {
  found.present = true;
  found.lsn = static_cast<Lsn>(row.integer(0));
  found.kind = static_cast<std::uint16_t>(row.integer(1));
  found.body = row.text(2);
}

[[noreturn]] void changed_on_disk(const Database& db, Lsn lsn) {
  throw std::runtime_error(db.file() + ": record " + std::to_string(lsn) +
                           " was changed on disk since this process started");
}

}  // namespace

void LogFile::find_record(const std::string& key, Found& found) {
  Statement& find = session_->find;
  find.bind_blob(1, key);
  find.bind(2, static_cast<std::int64_t>(meta_.keys_upto));
  if (find.step()) {
    read_found(find, found);
    const auto before =
        found.lsn == meta_.base.lsn + 1 ? std::optional(meta_.base.chain) : chain_from_bytes(find.blob(4));
    const bool sound = before && find.blob(3) == bytes_of(next_chain(*before, found.lsn, found.kind, key, found.body));
    if (!sound) changed_on_disk(*session_->db, found.lsn);
  }
  find.reset();
}

void LogFile::find_kept(const std::string& key, Found& found) {
  Statement& find = session_->find_kept;
  find.bind_blob(1, key);
  find.bind(2, static_cast<std::int64_t>(meta_.keys_upto));
  if (find.step()) {
    read_found(find, found);
    const Chain proof = proof_of_kept(meta_.log_id, found.lsn, found.kind, key, found.body);
    if (find.blob(3) != bytes_of(proof)) changed_on_disk(*session_->db, found.lsn);
  }
  find.reset();
}

LogFile::Copy::Copy(const Database& from, const std::string& path, const char* vfs) : into(path, vfs) {
  for (const char* pragma : {"locking_mode=EXCLUSIVE", "journal_mode=OFF", "synchronous=OFF"}) {
    into.run(std::string("PRAGMA ") + pragma);  // a copy that is cut off is deleted, whatever is in it
  }
  pages.emplace(from, into);
}

void LogFile::begin_copy(const std::string& name) {
  session_->copy.reset();
  delete_files(directory_, {name + "-wal", name});
  directory_.create(name);
  session_->copy = std::make_unique<Copy>(*session_->db, directory_.path_of(name), directory_.sqlite_vfs());
}

bool LogFile::copy_some(int pages) {
  if (session_->copy == nullptr) throw std::runtime_error("the backup was given up");
  return session_->copy->pages->step(pages);
}

void LogFile::checkpoint_if_due() {
  const int pages = session_->db->wal_pages();
  if (pages < pages_at_last_try_) pages_at_last_try_ = 0;  // the -wal began again from its start
  if (pages < pages_at_last_try_ + checkpoint_pages_) return;
  pages_at_last_try_ = pages;
  if (!session_->db->checkpoint_some()) space_.run_out();
}

void LogFile::tend() {
  head_.sync();
  if (!directory_.still_in_place() || session_->db->moved() || !directory_.has(head_name(meta_.generation))) {
    throw std::runtime_error(session_->db->file() +
                             ": the data directory or the log in it was moved or replaced while it "
                             "was in use; put it back");
  }
  space_.tend();
}

void LogFile::close_in_order() {
  head_.sync();
  session_->db->checkpoint_all();
  session_.reset();
  directory_.sync();
  end_running(directory_);
}

std::uint64_t LogFile::bytes() const {
  return directory_.size_of(log_name(meta_.generation)) + directory_.size_of(wal_name(meta_.generation));
}

}  // namespace troth::wal
