#include "wal/log_file.h"

#include <algorithm>
#include <chrono>

#include "wal/generations.h"

namespace troth::wal {
namespace {

constexpr Lsn kDropRows = 256;

}  // namespace

LogFile::Session::Session(std::unique_ptr<Database> open, const Point& end)
    : db(std::move(open)),
      records(*db, end),
      begin(db->prepare("BEGIN IMMEDIATE")),
      commit(db->prepare("COMMIT")),
      find(db->prepare("SELECT lsn, kind, body FROM record INDEXED BY record_by_key WHERE key = ?1 "
                       "ORDER BY lsn DESC LIMIT 1")),
      chain_at(db->prepare("SELECT chain FROM record WHERE lsn = ?1")),
      drop(db->prepare("DELETE FROM record WHERE lsn <= ?1")) {}

LogFile::LogFile(Directory directory, Generation generation, const OpenOptions& options)
    : directory_(std::move(directory)),
      meta_(generation.meta),
      head_(std::move(generation.head)),
      session_(std::make_unique<Session>(std::move(generation.db), generation.end)),
      space_(directory_, {options.ballast_bytes, options.reserve_bytes}),
      checkpoint_pages_(options.checkpoint_pages) {}

double LogFile::commit(const Batch& batch) {
  session_->begin.run();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const Batch::View record = batch[i];
    session_->records.add(record.kind, record.key, record.body);
  }
  const auto before = std::chrono::steady_clock::now();
  session_->commit.run();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - before;
  head_.write(session_->records.end());
  return took.count();
}

Found LogFile::find(const std::string& key, std::uint64_t token) {
  Statement& find = session_->find;
  Found found;
  found.token = token;
  find.bind_blob(1, key);
  found.present = !key.empty() && find.step();
  if (found.present) {
    found.lsn = static_cast<Lsn>(find.integer(0));
    found.kind = static_cast<std::uint16_t>(find.integer(1));
    found.body = find.text(2);
  }
  find.reset();
  return found;
}

bool LogFile::drop_some(Lsn upto) {
  upto = std::min(upto, end());
  if (upto <= meta_.base.lsn) return false;
  head_.sync();  // a head below the base would prove nothing
  const Lsn last = std::min(upto, meta_.base.lsn + kDropRows);
  session_->chain_at.bind(1, static_cast<std::int64_t>(last));
  if (!session_->chain_at.step()) throw std::runtime_error(session_->db->file() + ": a record to drop is not there");
  const auto chain = chain_from_bytes(session_->chain_at.blob(0));
  session_->chain_at.reset();
  if (!chain) throw std::runtime_error(session_->db->file() + ": a record to drop has no chain");
  meta_.base = {last, *chain};
  session_->begin.run();
  session_->drop.bind(1, static_cast<std::int64_t>(last));
  session_->drop.run();
  write_base(*session_->db, meta_);
  session_->commit.run();
  return last < upto;
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
