#include "tests/recovery/real_log.h"

#include <filesystem>
#include <thread>

#include "tests/recovery/history.h"

namespace troth::recovery::testing {
namespace {

namespace fs = std::filesystem;

wal::OpenOptions options_for(const std::string& dir) {
  wal::OpenOptions options;
  options.dir = dir;
  options.expected_log_id = kLog;
  options.ballast_bytes = 0;
  options.reserve_bytes = 0;
  return options;
}

}  // namespace

Start::Start(const std::string& dir, std::uint64_t reserve_bytes) {
  Folding folding;
  auto options = options_for(dir);
  options.reserve_bytes = reserve_bytes;
  auto opened = wal::SqliteLog::open(options, folding);
  if (const auto* error = std::get_if<wal::OpenError>(&opened)) throw std::runtime_error(error->message);
  auto& found = std::get<wal::SqliteLog::Opened>(opened);
  log_ = std::move(found.log);
  last_lsn_ = found.last_lsn;
  known_ = folding.take();
  known_.log = found.log_id;
  log_->on_progress([progress = progress_] {
    const std::lock_guard lock(progress->mutex);
    progress->made.notify_all();
  });
}

wal::OpenError Start::refusal(const std::string& dir) {
  Folding folding;
  auto opened = wal::SqliteLog::open(options_for(dir), folding);
  if (auto* error = std::get_if<wal::OpenError>(&opened)) return *error;
  ADD_FAILURE() << dir << " opens";
  return {};
}

void Start::write(const std::vector<Fact>& facts) {
  std::vector<wal::Record> records;
  for (const Fact& fact : facts) records.push_back(to_record(fact));
  records.back().forced = true;
  last_lsn_ = log_->append(records);
  std::unique_lock lock(progress_->mutex);
  progress_->made.wait_for(lock, std::chrono::seconds(20), [&] { return log_->durable() >= last_lsn_; });
  ASSERT_GE(log_->durable(), last_lsn_);
}

bool Start::has_key(const std::string& key) {
  log_->find(key, 1);
  for (;;) {
    for (const wal::Found& found : log_->take_found()) return found.present;
    std::this_thread::yield();
  }
}

void make_log(const std::string& dir, const std::vector<Fact>& facts) {
  fs::create_directories(dir);
  Start start(dir);
  start.write(facts);
  start.end_in_order();
}

void make_killed_log(const std::string& dir, const std::vector<Fact>& facts) {
  fs::create_directories(dir);
  Start start(dir);
  start.write(facts);
  start.die();
}

IdStatus status_of(const Known& known, const TransactionId& id) {
  return classify(known, {next_epoch(known), 0xffff'ffff}, 0, id);
}

DecisionKind decision_of(const Known& known, const TransactionId& id, std::uint32_t n) {
  return decision_about(known, {next_epoch(known), 0xffff'ffff}, 0, {id, n});
}

}  // namespace troth::recovery::testing
