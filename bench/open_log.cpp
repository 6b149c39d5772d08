#include "bench/open_log.h"

#include <chrono>
#include <filesystem>
#include <random>
#include <stdexcept>
#include <utility>

#include "recovery/rebuild.h"

namespace troth::bench {
namespace {

using Clock = std::chrono::steady_clock;

/// Recovery as the log sees it, and a watch beside it.
class Replayer : public wal::Replayer {
 public:
  void expect(std::uint64_t) override { lap(reads_ == 0 ? "prove" : "write"); }
  std::string see(const wal::Stored& record) override {
    ++rows_;
    return replay_.see(record);
  }
  Lsn rebuilt(Lsn cut, const std::function<void(const wal::Record&)>& add) override {
    lap("read");
    ++reads_;
    return replay_.rebuilt(cut, now_at(), add);
  }
  void reset() override { replay_ = recovery::Replay(Limits()); }

  recovery::Known take() { return std::move(replay_.known()); }
  Figures finish() {
    lap(reads_ == 0 ? "read" : "read_again");
    seconds_["rows"] = static_cast<double>(rows_);
    return seconds_;
  }

 private:
  void lap(const char* of) {
    const auto now = Clock::now();
    seconds_[of] += std::chrono::duration<double>(now - since_).count();
    since_ = now;
  }

  recovery::Replay replay_;
  Clock::time_point since_ = Clock::now();
  Figures seconds_;
  std::uint64_t rows_ = 0;
  int reads_ = 0;
};

}  // namespace

Millis now_at() {
  using std::chrono::duration_cast;
  return duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

OpenLog::OpenLog(const std::string& dir) {
  std::filesystem::create_directories(dir);
  wal::OpenOptions options;
  options.dir = dir;
  Replayer replayer;
  auto opened = wal::SqliteLog::open(options, replayer);
  if (const auto* error = std::get_if<wal::OpenError>(&opened)) throw std::runtime_error(error->message);
  auto& found = std::get<wal::SqliteLog::Opened>(opened);
  seconds_ = replayer.finish();
  log_ = std::move(found.log);
  known_ = replayer.take();
  known_.log = found.log_id;
  known_.last_lsn = last_ = found.last_lsn;
  log_->on_progress([this] {
    const std::lock_guard lock(mutex_);
    progress_.push_back({log_->durable(), Clock::now()});
    changed_.notify_all();
  });
}

EpochId OpenLog::start_epoch() {
  fact::EpochStarted started;
  started.epoch = {recovery::next_epoch(known_), std::random_device()()};
  started.at = now_at();
  append({started});
  wait_for(last_);
  recovery::fold(known_, last_, started);
  known_.last_lsn = last_;
  return started.epoch;
}

void OpenLog::append(const std::vector<Fact>& facts) {
  records_.clear();
  for (const Fact& fact : facts) records_.push_back(recovery::to_record(fact));
  last_ = log_->append(records_);
}

void OpenLog::wait_for(Lsn lsn) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return log_->durable() >= lsn; });
  progress_.clear();
}

std::vector<OpenLog::Progress> OpenLog::take_progress(Clock::time_point until) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, until, [&] { return !progress_.empty(); });
  return std::exchange(progress_, {});
}

}  // namespace troth::bench
