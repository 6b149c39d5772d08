#include "tests/sdk/adapters/sim_bank.h"

namespace troth::testing {
namespace {

// A checkpoint every few commits, so that short lives have them too.
std::string schema() {
  return "PRAGMA wal_autocheckpoint = 8;"
         "CREATE TABLE IF NOT EXISTS account(id INTEGER PRIMARY KEY NOT NULL, balance INTEGER NOT NULL "
         "CHECK (balance >= 0));"
         "WITH RECURSIVE n(id) AS (SELECT 2 UNION ALL SELECT id + 1 FROM n WHERE id <= " +
         std::to_string(2 * SimBank::kBranches) + ") INSERT INTO account SELECT id, " +
         std::to_string(SimBank::kBalance) + " FROM n WHERE NOT EXISTS (SELECT 1 FROM account);";
}

std::string transfer(int n, int amount) {
  const std::string from = std::to_string(2 * n);
  return "UPDATE account SET balance = balance + iif(id = " + from + ", -1, 1) * " + std::to_string(amount) +
         " WHERE id IN (" + from + ", " + from + " + 1)";
}

int number_of(const BranchId& id) {
  return static_cast<int>(id.transaction.sequence);
}

}  // namespace

SimBank::SimBank(const vfs::Medium& medium) : disk_({medium}), files_(disk_) {
  disk_.make_directory("/d");
  options_.schema = schema();
  options_.lock_wait = std::chrono::milliseconds(0);
  options_.files = &files_;
  options_.on_broken = [this](const std::string&) { broken_ = true; };
}

void SimBank::become(const SimBank& other) {
  disk_.copy_state(other.disk_);
  asked_ = other.asked_;
  payloads_ = other.payloads_;
}

bool SimBank::start() {
  broken_ = false;
  try {
    const auto run = [this](sqlite3* db, const Branch& of) { return work(db, of); };
    resource_ = std::make_unique<SqliteResource>(kFile, run, options_);
  } catch (const SqliteError&) {
    resource_.reset();
  }
  return is_alive();
}

void SimBank::stop() {
  stranger_.reset();
  resource_.reset();
}

void SimBank::die(vfs::Ending ending, std::uint64_t salt) {
  if (!disk_.is_dead()) disk_.crash(ending, salt);
  stop();
  disk_.restart();
}

Branch SimBank::branch_of(int n, unsigned attempt, bool joined) const {
  const auto own = payloads_.find(n);
  Branch made = branch(static_cast<std::uint64_t>(n), own == payloads_.end() ? transfer(n, 1) : own->second);
  made.attempt = attempt;
  made.joined = joined;
  return made;
}

void SimBank::overdraws(int n) {
  payloads_[n] = transfer(n, kBalance + 1);
}

Vote SimBank::work(sqlite3* db, const Branch& of) {
  const int n = number_of(of.id);
  if (!disk_.is_dead()) ++asked_[n].runs;
  if (of.attempt > 1) say_wrong("the payload of branch " + std::to_string(n) + " ran at attempt 2");
  sqlite_execute(db, of.payload);
  const bool reads = of.payload.rfind("SELECT", 0) == 0;
  return reads ? Vote::kReadOnly : Vote::kCommit;
}

void SimBank::say_wrong(const std::string& what) {
  if (wrong_.empty()) wrong_ = what;
}

void SimBank::prepare(int n, unsigned attempt, bool joined) {
  if (!is_alive()) return;
  Asked& asked = asked_[n];
  const bool again = asked.prepare;
  asked.prepare = true;
  Vote vote = Vote::kAbort;
  if (ask([&] { vote = resource_->prepare(branch_of(n, attempt, joined)); })) {
    if (asked.aborted && vote.kind() != Vote::kAbort) say_wrong("a vote after the abort of " + std::to_string(n));
    if (again && attempt == 1) return;
    asked.voted |= vote.kind() == Vote::kCommit;
    asked.read_only |= vote.kind() == Vote::kReadOnly;
    return;
  }
  // It threw and lives: as the SDK does, what is not in doubt is aborted.
  if (!is_alive() || asked.voted) return;
  if (in_doubt().count(n) != 0) {
    asked.voted = is_alive();
  } else {
    abort(n);
  }
}

void SimBank::commit(int n) {
  Asked& asked = asked_[n];
  if (!is_alive() || asked.read_only) return;
  if (!asked.voted) return abort(n);
  asked.commit = true;
  Ack ack = Ack::kAborted;
  if (!ask([&] { ack = resource_->commit(branch_of(n)); })) return;
  if (ack != Ack::kCommitted) say_wrong("commit of " + std::to_string(n) + " was answered otherwise");
  asked.committed = true;
}

void SimBank::abort(int n) {
  if (!is_alive()) return;
  asked_[n].abort = true;
  Ack ack = Ack::kCommitted;
  if (!ask([&] { ack = resource_->abort(branch_of(n)); })) return;
  if (ack != Ack::kAborted) say_wrong("abort of " + std::to_string(n) + " was answered otherwise");
  asked_[n].aborted = true;
}

void SimBank::one_phase(int n, unsigned attempt, bool joined) {
  if (!is_alive()) return;
  asked_[n].one_phase = true;
  Ack ack = Ack::kUnknownBranch;
  if (!ask([&] { ack = resource_->commit_one_phase(branch_of(n, attempt, joined)); })) return;
  if (ack != Ack::kCommitted && ack != Ack::kAborted) say_wrong("one phase of " + std::to_string(n));
  asked_[n].committed |= ack == Ack::kCommitted;
  asked_[n].aborted |= ack == Ack::kAborted;
  if (asked_[n].committed && asked_[n].aborted) say_wrong("one phase of " + std::to_string(n) + " was both");
}

void SimBank::run_joined(int n) {
  Enlistment enlisted = enlistment(static_cast<std::uint64_t>(n));
  ask([&] {
    resource_->run(enlisted, [this, n](sqlite3* db, const Branch&) -> Vote {
      sqlite_execute(db, branch_of(n).payload);
      return Vote::kCommit;
    });
  });
}

void SimBank::remember(std::uint32_t epoch) {
  Seen seen;
  seen.log = kLog;
  seen.epoch = epoch;
  ask([&] { resource_->remember(seen); });
}

void SimBank::forget(const std::vector<int>& ended, int horizon) {
  if (!is_alive()) return;
  std::vector<BranchId> ids;
  for (const int n : ended) {
    asked_[n].forget = true;
    ids.push_back(branch_of(n).id);
  }
  resource_->forget(ids, horizon == 0 ? TransactionId{} : transaction(static_cast<std::uint64_t>(horizon)));
  nudge();
}

void SimBank::nudge() {
  ask([&] { resource_->in_doubt(); });
}

std::set<int> SimBank::in_doubt() {
  std::set<int> numbers;
  ask([&] {
    for (const BranchId& id : resource_->in_doubt()) numbers.insert(number_of(id));
  });
  return numbers;
}

std::string SimBank::read(const std::string& sql) const {
  if (!stranger_) {
    sqlite3* db = nullptr;
    sqlite3_open_v2(kFile, &db, SQLITE_OPEN_READONLY, files_.sqlite_vfs());
    stranger_.reset(db, sqlite3_close);
  }
  const SqliteValue value = sqlite_value(stranger_.get(), sql);
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  const auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? "" : *text;
}

std::string SimBank::everything() const {
  const auto list = [](const std::string& pair, const std::string& table) {
    return "coalesce((SELECT group_concat(" + pair + ", ' ') FROM (SELECT * FROM " + table + " ORDER BY 1)), '')";
  };
  return read("SELECT " + list("id || '=' || balance", "account") + " || ', branches ' || " +
              list("branch || '=' || state", "troth_branch") + " || ', locks ' || " +
              list("\"row\" || '=' || branch", "troth_lock") + " || ', horizon ' || " +
              list("hex(horizon)", "troth_horizon") + " || ', seen ' || " + list("epoch", "troth_seen"));
}

}  // namespace troth::testing
