#include "tests/wal/log_world.h"

#include <algorithm>
#include <charconv>

#include "wal/head.h"

namespace troth::wal {
namespace {

constexpr std::uint16_t kNumbered = 7;
constexpr std::uint16_t kCheckpoint = 99;
constexpr const char* kRunningPath = "/log/RUNNING";
const LogId kLog{0x1234567};

/// Every place on a page, and now and then more than a page.
std::size_t size_of(std::size_t number) {
  return number % 41 == 17 ? 6000 : number * 37 % 300;
}

constexpr std::size_t kKeyEvery = 3;

constexpr Lsn kKeysRemembered = 2 * kRemembered;  // records: a key outlives what its record says
constexpr std::size_t kPiece = 16;                // rows of a new set at a time

std::size_t first_remembered(std::size_t end) {
  return end > kRemembered ? end - kRemembered : 0;
}

Lsn keys_upto(Lsn cut) {
  return cut > kKeysRemembered ? cut - kKeysRemembered : 0;
}

/// The oldest record with a key that must still be found after `end` records; the LSN of record n is n + 1.
std::size_t oldest_keyed(std::size_t end) {
  return (keys_upto(end) + kKeyEvery - 1) / kKeyEvery * kKeyEvery;
}

}  // namespace

std::string key_of(std::size_t number) {
  return "key " + std::to_string(number);
}

Record numbered_record(std::size_t number) {
  std::string body = std::to_string(number) + " ";
  body.append(size_of(number), static_cast<char>('a' + number % 26));
  return {kNumbered, std::move(body), number % kKeyEvery == 0 ? key_of(number) : "", true};
}

std::string NumberedReplayer::see(const Stored& record) {
  if (record.lsn != 0) {
    if (record.lsn != last + 1 && broken.empty()) broken = "LSNs are not dense";
    last = record.lsn;
  }
  if (record.kind == kCheckpoint) {
    std::from_chars(record.body.data(), record.body.data() + record.body.size(), last);
    return "";
  }
  std::size_t number = 0;
  std::from_chars(record.body.data(), record.body.data() + record.body.size(), number);
  if (record.kind != kNumbered || record.body != numbered_record(number).body) broken = "a record differs";
  numbers_.insert(number);
  return "";
}

Lsn NumberedReplayer::rebuilt(Lsn cut, const std::function<void(const Record&)>& add) {
  const std::size_t first = first_remembered(end());
  for (const std::size_t number : numbers_) {
    if (number >= first) add(numbered_record(number));
  }
  add({kCheckpoint, std::to_string(cut), "", true});
  return keys_upto(cut);
}

std::size_t NumberedReplayer::end() {
  const std::size_t end = numbers_.empty() ? 0 : *numbers_.rbegin() + 1;
  for (std::size_t i = first_remembered(end); i < end; ++i) {
    if (!numbers_.contains(i) && broken.empty()) broken = "record " + std::to_string(i) + " is missing before others";
  }
  return end;
}

LogWorld::LogWorld(const vfs::Medium& medium, Fraud fraud)
    : fraud_(fraud), storage_(kLog, [&] {
        sim::SqliteStorage::Options options;
        options.disk.medium = medium;
        options.checkpoint_pages = 24;
        return options;
      }()) {}

void LogWorld::become(const LogWorld& other) {
  log_.reset();
  storage_.disk().copy_state(other.storage_.disk());
  made_ = other.made_;
  told_ = other.told_;
}

void LogWorld::check(bool holds, const std::string& law) {
  if (!holds && broken_.empty()) broken_ = law;
}

bool LogWorld::start() {
  log_.reset();
  if (fraud_ == Fraud::kCommitsWithoutSync) disk().ignore_syncs_of("-wal");
  if (fraud_ == Fraud::kServesWithoutRebuild) disk().erase(kRunningPath);
  NumberedReplayer replayer;
  auto result = storage_.open(replayer);
  if (auto* error = std::get_if<OpenError>(&result)) {
    why_ = error->message;
    exit_code_ = error->exit_code;
    return false;
  }
  auto& opened = std::get<sim::Storage::Opened>(result);
  log_ = std::move(opened.log);
  const std::size_t end = replayer.end();
  check(replayer.broken.empty(), replayer.broken);
  check(end >= told_, "told " + std::to_string(told_) + ", found " + std::to_string(end));
  check(end <= made_, "a record is there that nobody appended");
  made_ = told_ = std::max(told_, end);  // served from here on
  return true;
}

/// The head as it will be when `records` are durable.
void LogWorld::write_head_for(const std::vector<Record>& records) {
  for (const auto& [name, content] : disk().contents("/log")) {
    if (!name.starts_with("head.")) continue;
    const std::uint64_t generation = std::stoull(name.substr(5));
    const auto point_in = [&](std::uint64_t at) {
      return decode_slot(kLog, generation, std::string_view(content).substr(at, kHeadSlotBytes)).value_or(Point{});
    };
    const bool second = point_in(kHeadSlotGap).lsn > point_in(0).lsn;
    Point end = point_in(second ? kHeadSlotGap : 0);
    for (const Record& record : records) {
      end.chain = next_chain(end.chain, end.lsn + 1, record.kind, record.key, record.body);
      ++end.lsn;
    }
    auto& file = disk().find("/log/" + name)->content;
    file.write(second ? 0 : kHeadSlotGap, encode_slot(kLog, generation, end));
    file.sync();
  }
}

bool LogWorld::write(const std::vector<Record>& records) {
  if (fraud_ == Fraud::kHeadBeforeTheCommit) write_head_for(records);
  const Lsn last = log_->append(records);
  if (!log_->write_batch()) return false;
  check(log_->durable() == last, "durable() is not where the batch ended");
  return true;
}

bool LogWorld::commit() {
  std::vector<Record> batch;
  const std::size_t size = 1 + made_ % 4;
  while (batch.size() < size) batch.push_back(numbered_record(made_++));
  if (fraud_ == Fraud::kTellsBeforeTheCommit) told_ = made_;
  if (!write(batch)) return false;
  told_ = made_;
  return true;
}

bool LogWorld::compact() {
  const auto pass = log_->supersede();
  NumberedReplayer replayer;
  std::vector<Row> rows;
  auto read = Superseding::Read::kMore;
  while ((read = pass->read(rows)) == Superseding::Read::kMore) {
    for (const Row& row : rows) replayer.see({row.lsn, row.kind, row.body});
  }
  if (read == Superseding::Read::kStopped) return false;
  check(replayer.last == pass->cut(), "a compaction does not read up to its cut");
  check(replayer.end() == told_, "a compaction reads other records than were told");
  check(replayer.broken.empty(), replayer.broken);
  std::vector<Record> set;
  const Lsn keys = replayer.rebuilt(pass->cut(), [&](const Record& row) { set.push_back(row); });
  for (std::size_t i = 0; i < set.size(); i += kPiece) {
    const std::size_t size = std::min(kPiece, set.size() - i);
    if (!pass->add(std::span(set).subspan(i, size)) || !commit()) return false;
  }
  if (!pass->finish(keys)) return false;
  do {
    if (!log_->write_batch()) return false;
  } while (log_->has_work());
  return true;
}

bool LogWorld::ask() {
  if (told_ == 0) return true;
  for (const std::size_t number : {(told_ - 1) / kKeyEvery * kKeyEvery, oldest_keyed(told_)}) {
    if (number >= told_) continue;
    log_->find(key_of(number), number);
    if (!log_->write_batch()) return false;
    const auto found = log_->take_found();
    const bool is_it = found.size() == 1 && found[0].present && found[0].body == numbered_record(number).body;
    check(is_it && found[0].lsn == number + 1, "the key of record " + std::to_string(number) + " does not find it");
  }
  return true;
}

bool LogWorld::stop() {
  try {
    log_->stop();
  } catch (const std::exception& error) {
    why_ = error.what();
    return false;
  }
  log_.reset();
  check(!disk().find(kRunningPath), "an orderly stop left RUNNING");
  return true;
}

void LogWorld::end(vfs::Ending ending, std::uint64_t salt) {
  disk().crash(ending, salt);
  log_.reset();
}

const std::vector<Chapter>& chapters() {
  using vfs::Ending;
  static const std::vector<Chapter> kChapters{
      {12, false, true, Ending::kKill},     {12, false, false, Ending::kKill},
      {12, false, false, Ending::kRandom},  {12, true, true, Ending::kKill},
      {12, false, true, Ending::kKill},     {12, false, false, Ending::kNothingKept},
      {12, true, false, Ending::kRandom},   {12, false, false, Ending::kKill},
      {12, false, true, Ending::kKill},     {12, true, false, Ending::kKill},
      {12, false, false, Ending::kAllKept},
  };
  return kChapters;
}

bool live(LogWorld& world, const Chapter& chapter) {
  if (!world.start()) return false;
  for (int i = 0; i < chapter.commits; ++i) {
    if (!world.commit()) return false;
    if (chapter.compacts && i == chapter.commits / 2 && !world.compact()) return false;
  }
  return world.ask() && (!chapter.stops || world.stop());
}

void finish(LogWorld& world, const Chapter& chapter) {
  if (!chapter.stops) world.end(chapter.ending, 1);
}

std::vector<Page> write_history(const vfs::Medium& medium) {
  std::vector<Page> pages;
  LogWorld world(medium);
  for (const Chapter& chapter : chapters()) {
    Page page;
    page.before = std::make_unique<LogWorld>(medium);
    page.before->become(world);
    LogWorld run(medium);  // operations are counted from its beginning
    run.become(world);
    if (!live(run, chapter)) throw std::runtime_error("without a fault: " + run.why());
    page.operations = run.disk().faults().history();
    page.reads = run.disk().faults().reads();
    finish(run, chapter);
    if (!run.broken().empty()) throw std::runtime_error("without a fault: " + run.broken());
    world.become(run);
    pages.push_back(std::move(page));
  }
  return pages;
}

std::string recover_and_go_on(LogWorld& world) {
  const auto failed = [&](const char* when) {
    return std::string(when) + ": " + (world.broken().empty() ? world.why() : world.broken());
  };
  if (!world.start() || !world.ask()) return failed("the first recovery");
  const std::size_t served = world.told();
  world.end(vfs::Ending::kNothingKept);
  if (!world.start() || !world.ask() || world.told() != served) return failed("the second recovery");
  if (!world.commit() || !world.stop()) return failed("going on");
  if (!world.start()) return failed("after the orderly stop");
  return world.broken();
}

}  // namespace troth::wal
