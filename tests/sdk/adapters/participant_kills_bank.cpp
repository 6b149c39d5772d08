// The example bank as a program that kills itself with kill -9 at a named point: decorators round the resource, round
// SQLite's files and round the socket, and the SDK as services link it.
//
//   participant_kills_bank --name N --db F --coordinator U --witness F [--die-at <point>]
//
// Each run of a payload adds a line to the witness file, which knows nothing of transactions.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <troth/participant.h>
#include <troth/sqlite.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>

#include "tests/vfs/fault_vfs.h"

namespace {

std::string die_at;
std::string witness;
std::atomic<const char*> doing{""};  // which call of the resource runs, or ran last
std::atomic<int> syncs{0};           // since that began
std::atomic<const char*> to_send{""};

void point(const std::string& name) {
  if (name == die_at) ::kill(::getpid(), SIGKILL);
}

/// Before each operation on SQLite's files: "<call>-write", "<call>-sync", and for what a call leaves to be done later
/// the same with the number of the transaction.
void watch(troth::vfs::Operation operation) {
  const std::string call = doing.load();
  const int done = syncs.load();
  const std::string later = done == 0 ? "" : "-" + std::to_string(done + 1);
  if (operation == troth::vfs::Operation::kWrite) point(call + "-write" + later);
  if (operation != troth::vfs::Operation::kSync) return;
  point(call + "-sync" + later);
  ++syncs;
}

template <class Send>
ssize_t send_with_points(const Send& send) {
  const std::string what = to_send.exchange("");
  if (!what.empty()) point(what + "-send");
  const ssize_t sent = send();
  if (!what.empty()) point(what + "-sent");
  return sent;
}

template <class Call>
auto round(const char* name, const char* answer, const Call& call) {
  point(std::string(name) + "-before");
  doing = name;
  syncs = 0;
  auto result = call();
  point(std::string(name) + "-after");
  if (*answer != 0) to_send = answer;
  return result;
}

/// Names the points round each call.
class Points : public troth::Resource {
 public:
  explicit Points(troth::Resource& real) : real_(real) {}

  troth::Vote prepare(const troth::Branch& branch) override {
    return round("prepare", "vote", [&] { return real_.prepare(branch); });
  }
  troth::Ack commit(const troth::Branch& branch) override {
    return round("commit", "ack", [&] { return real_.commit(branch); });
  }
  troth::Ack abort(const troth::Branch& branch) override {
    return round("abort", "", [&] { return real_.abort(branch); });
  }
  troth::Ack commit_one_phase(const troth::Branch& branch) override {
    return round("one-phase", "ack", [&] { return real_.commit_one_phase(branch); });
  }
  std::vector<troth::BranchId> in_doubt() override {
    return round("list", "", [&] { return real_.in_doubt(); });
  }
  bool keeps_seen() const override { return true; }
  std::vector<troth::Seen> seen() override { return real_.seen(); }
  void remember(const troth::Seen& seen) override {
    round("remember", "", [&] { return real_.remember(seen), 0; });
  }
  bool has_one_phase() const override { return true; }
  /// The horizon follows the last that ended, which is what a coordinator does that keeps no outcomes.
  void forget(const std::vector<troth::BranchId>& branches, const troth::TransactionId& told) override {
    troth::TransactionId horizon = told;
    for (const troth::BranchId& id : branches) horizon = std::max(horizon, id.transaction);
    round("forget", "", [&] { return real_.forget(branches, horizon), 0; });
  }

 private:
  troth::Resource& real_;
};

constexpr const char* kSchema =
    "CREATE TABLE IF NOT EXISTS account(id INTEGER PRIMARY KEY NOT NULL, balance INTEGER NOT NULL CHECK (balance >= "
    "0));"
    "CREATE TABLE IF NOT EXISTS transfer(transaction_id TEXT NOT NULL, account INTEGER NOT NULL, amount INTEGER NOT "
    "NULL,"
    "  PRIMARY KEY (transaction_id, account)) WITHOUT ROWID;"
    "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 100) "
    "INSERT INTO account SELECT id, 10000 FROM n WHERE NOT EXISTS (SELECT 1 FROM account);";

void bear_witness(const troth::Branch& branch) {
  const std::string line = to_text(branch.id) + "\n";
  const int fd = ::open(witness.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0 || ::write(fd, line.data(), line.size()) < 0) throw std::runtime_error("no witness");
  ::close(fd);
}

troth::Vote transfer(sqlite3* db, const troth::Branch& branch) {
  bear_witness(branch);
  troth::sqlite_execute(db,
                        "UPDATE account SET balance = balance + json_extract(?1, '$.amount') "
                        "WHERE id = json_extract(?1, '$.account')",
                        {branch.payload});
  troth::sqlite_execute(db,
                        "INSERT INTO transfer VALUES (?1, json_extract(?2, '$.account'), json_extract(?2, '$.amount'))",
                        {to_text(branch.id.transaction), branch.payload});
  point("work");
  return troth::Vote::kCommit;
}

}  // namespace

// The SDK's library sends through these.
extern "C" TROTH_API ssize_t send(int fd, const void* data, size_t size, int flags) {
  static const auto real = reinterpret_cast<ssize_t (*)(int, const void*, size_t, int)>(::dlsym(RTLD_NEXT, "send"));
  return send_with_points([&] { return real(fd, data, size, flags); });
}
extern "C" TROTH_API ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  static const auto real = reinterpret_cast<ssize_t (*)(int, const msghdr*, int)>(::dlsym(RTLD_NEXT, "sendmsg"));
  return send_with_points([&] { return real(fd, message, flags); });
}

int main(int argc, char** argv) {
  std::map<std::string, std::string> flags;
  for (int i = 1; i + 1 < argc; i += 2) flags[argv[i]] = argv[i + 1];
  die_at = flags["--die-at"];
  witness = flags["--witness"];
  try {
    troth::vfs::Faults faults;
    faults.watch(watch);
    const troth::vfs::FaultVfs vfs(faults, {true, false, {}});
    doing = "start";
    troth::SqliteOptions database;
    database.schema = kSchema;
    troth::SqliteResource accounts(flags["--db"], transfer, database);
    Points points(accounts);
    troth::Options options = troth::Options::from_environment(flags["--name"]);
    options.coordinator = flags["--coordinator"];
    options.on_state = [](std::string_view state) { std::cerr << "bank: " << state << std::endl; };
    troth::Participant participant(options, points);
    return participant.run();
  } catch (const std::exception& error) {
    std::cerr << "bank: " << error.what() << std::endl;
    return 2;
  }
}
