#include "coordinator/server/opened_log.h"

#include <sys/random.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "coordinator/server/clock.h"
#include "coordinator/server/log_line.h"
#include "coordinator/server/notify.h"
#include "recovery/rebuild.h"
#include "wal/files.h"
#include "wal/generations.h"

namespace troth::server {
namespace {

/// Recovery as the log sees it.
class Replayer : public wal::Replayer {
 public:
  explicit Replayer(const Limits& limits) : limits_(limits), replay_(limits) {}

  void expect(std::uint64_t rows) override {
    rows_ = rows;
    seen_ = 0;
    outcomes_.expect(rows);
  }
  std::string see(const wal::Stored& record) override {
    if (++seen_ % kLookEveryRows == 0) report("read");
    outcomes_.see(record);
    return replay_.see(record);
  }
  Lsn rebuilt(Lsn cut, const std::function<void(const wal::Record&)>& add) override {
    seen_ = 0;
    return replay_.rebuilt(cut, now().at, [&](const wal::Record& record) {
      if (++seen_ % kLookEveryRows == 0) report("rebuilt");
      add(record);
    });
  }
  void reset() override {
    replay_ = recovery::Replay(limits_);
    outcomes_.stop();
  }
  OutcomeRing take_outcomes() { return outcomes_.take(replay_.known()); }
  recovery::Known take() { return std::move(replay_.known()); }

 private:
  static constexpr std::uint64_t kLookEveryRows = 16'384;
  static constexpr Millis kReportEveryMs = 2'000;

  /// A start that takes long says how far it is.
  void report(const char* what) {
    if (now().due < reported_due_ + kReportEveryMs) return;
    reported_due_ = now().due;
    log(Level::kInfo, "trothd.recovering", {{what, seen_}, {"of", rows_}});
    notify_starting("recovering: " + std::string(what) + " " + std::to_string(seen_) + " of " + std::to_string(rows_) +
                    " records");
  }

  std::uint64_t rows_ = 0;
  std::uint64_t seen_ = 0;
  Millis reported_due_ = now().due;
  Limits limits_;
  recovery::Replay replay_;
  OutcomeReader outcomes_;
};

/// 32 bits that no other start of any copy of this log draws.
std::uint32_t draw_nonce() {
  std::uint32_t nonce = 0;
  while (getrandom(&nonce, sizeof nonce, 0) != sizeof nonce) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "getrandom");
  }
  return nonce;
}

}  // namespace

std::variant<OpenedLog, StartError> open_log(const Config& config,
                                             const std::function<void(wal::OpenOptions&)>& change) {
  wal::OpenOptions options;
  options.dir = config.data_dir;
  options.must_exist = config.must_exist;
  options.expected_log_id = config.log_id;
  options.ballast_bytes = config.limits.ballast_bytes;
  if (change) change(options);
  Replayer replayer(config.limits);
  auto opened = wal::SqliteLog::open(options, replayer);
  if (auto* error = std::get_if<wal::OpenError>(&opened))
    return StartError{error->exit_code, std::move(error->message)};
  auto& found = std::get<wal::SqliteLog::Opened>(opened);
  OutcomeRing outcomes = replayer.take_outcomes();
  OpenedLog result{std::move(found.log), replayer.take(), found.created, std::move(outcomes)};
  result.known.log = found.log_id;
  result.known.last_lsn = found.last_lsn;
  return result;
}

EpochId start_epoch(OpenedLog& opened, wal::Log& log, Inbox& inbox) {
  log.on_progress([&inbox] { inbox.ring(); });
  fact::EpochStarted started;
  started.epoch = {recovery::next_epoch(opened.known), draw_nonce()};
  started.at = now().at;
  const wal::Record record = recovery::to_record(started);
  const Lsn lsn = log.append({&record, 1});
  std::vector<engine::Command> none;  // nobody sends commands before a socket accepts
  while (log.durable() < lsn) inbox.take(none, 1'000);
  recovery::fold(opened.known, lsn, started);
  opened.known.last_lsn = lsn;
  return started.epoch;
}

void mark_old_copy(const std::string& data_dir) {
  const wal::Directory directory = wal::Directory::open(data_dir);
  directory.replace(wal::kOldCopy,
                    "a participant has seen more of this log than it holds; run: trothctl log restore\n");
}

}  // namespace troth::server
