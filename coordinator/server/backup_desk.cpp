#include "coordinator/server/backup_desk.h"

#include <utility>

#include "coordinator/server/clock.h"
#include "coordinator/server/log_line.h"
#include "proto/codec/record_codec.h"
#include "recovery/examine.h"
#include "wal/backup.h"
#include "wal/inspect.h"

namespace troth::server {
namespace {

using Step = wal::Backup::Step;

/// The copy, open and without a name: it goes with this, however the download ends.
class CopyBody final : public transport::BodySource {
 public:
  CopyBody(std::unique_ptr<wal::File> file, std::uint64_t size) : file_(std::move(file)), size_(size) {}
  std::uint64_t size() const override { return size_; }
  bool read(std::string& bytes, std::size_t most) override {
    bytes = file_->read(at_, most);
    at_ += bytes.size();
    return !bytes.empty();
  }

 private:
  const std::unique_ptr<wal::File> file_;
  const std::uint64_t size_;
  std::uint64_t at_ = 0;
};

Problem gave_up() {
  return {Slug::kDraining, "The coordinator is stopping; take the backup when it is back.", {}};
}

Problem refusal_of(Step step, const wal::Backup& backup) {
  if (step == Step::kStopped) return gave_up();
  if (step == Step::kNoSpace) {
    return {
        Slug::kDiskFull,
        "A copy of the log does not fit on its disk beside the reserve that the log needs; make room, then ask again.",
        {}};
  }
  return {Slug::kActionRefused, "The log could not be copied: " + backup.why() + ".", {}};
}

/// Empty, or why the copy is not what the log is.
std::string flaw_of(const wal::Backup& backup, const std::atomic<bool>& given_up) {
  const auto found = wal::inspect_backup(backup.directory(), backup.name(), true, [&](const wal::Stored& record) {
    if (given_up) return std::string("nobody waits for it");
    return codec::decode_fact(record.kind, record.body) ? std::string() : recovery::why_not_understood(record);
  });
  return found.is_sound() ? std::string() : found.damage.front();
}

}  // namespace

BackupDesk::~BackupDesk() {
  if (job_) job_->given_up = true;
  if (thread_.joinable()) thread_.join();
}

std::function<void()> BackupDesk::begin(Hear hear) {
  if (job_ && !job_->ended) {
    hear(Problem{Slug::kActionRefused, "Another backup is being made; ask again when it is done.", {}});
    return {};
  }
  if (thread_.joinable()) thread_.join();
  job_ = std::make_shared<Job>();
  thread_ = std::thread([this, job = job_, hear = std::move(hear)] {
    auto copied = std::make_shared<Copied>(copy(*job));
    io_.post([job, hear, copied] {
      job->ended = true;
      hear(std::move(*copied));
    });
  });
  return [job = job_] { job->given_up = true; };
}

BackupDesk::Copied BackupDesk::copy(const Job& job) {
  const Millis begun = now().due;
  try {
    const auto backup = log_.backup(now().at);
    Step step = Step::kMore;
    while (step == Step::kMore && !job.given_up) step = backup->step();
    if (step == Step::kMore) return gave_up();
    if (step != Step::kDone) {
      log(Level::kWarn, "trothd.backup_refused", {{"why", backup->why()}});
      return refusal_of(step, *backup);
    }
    if (const std::string flaw = flaw_of(*backup, job.given_up); !flaw.empty()) {
      if (job.given_up) return gave_up();
      log(Level::kError, "trothd.backup_not_proven", {{"why", flaw}});
      return Problem{Slug::kActionRefused, "The copy cannot be proven, so it is not given: " + flaw + ".", {}};
    }
    const std::uint64_t size = backup->directory().size_of(backup->name());
    log(Level::kInfo, "trothd.backup", {{"bytes", size}, {"took_ms", std::int64_t{now().due - begun}}});
    return std::make_shared<CopyBody>(backup->take(), size);
  } catch (const std::exception& error) {
    log(Level::kError, "trothd.backup_failed", {{"why", std::string(error.what())}});
    return Problem{Slug::kActionRefused, std::string("The log could not be copied: ") + error.what() + ".", {}};
  }
}

}  // namespace troth::server
