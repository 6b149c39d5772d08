#include "tests/e2e/banks.h"

#include <sqlite3.h>

#include <stdexcept>

namespace troth::e2e {

void Banks::start(const std::string& name, const World& coordinator) {
  processes_[name].kill_now();
  std::filesystem::remove(dir_.file(name + ".log"));
  processes_[name] = demo::Process(
      {programs_.bank, "--name", name, "--db", database(name), "--coordinator", "ws://" + coordinator.listen()},
      dir_.file(name + ".log"));
}

void Banks::start_both(World& coordinator) {
  for (const char* name : {kBankA, kBankB}) start(name, coordinator);
  for (const char* name : {kBankA, kBankB}) coordinator.wait_until_connected(name);
}

std::string Banks::seen(const std::string& name) const {
  sqlite3* db = nullptr;
  sqlite3_stmt* statement = nullptr;
  std::string seen;
  if (sqlite3_open_v2(database(name).c_str(), &db, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK &&
      sqlite3_busy_timeout(db, 5'000) == SQLITE_OK &&
      sqlite3_prepare_v2(db, "SELECT epoch || ' ' || nonce || ' ' || lsn FROM troth_seen", -1, &statement, nullptr) ==
          SQLITE_OK &&
      sqlite3_step(statement) == SQLITE_ROW) {
    seen = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
  }
  sqlite3_finalize(statement);
  sqlite3_close(db);
  if (seen.empty()) throw std::runtime_error(database(name) + " says nothing of a coordinator");
  return seen;
}

demo::Process spawn(const World& world, const std::vector<std::string>& flags, const std::string& log) {
  std::vector<std::string> command{demo::with_programs({}).trothd, "--data-dir", world.data(), "--listen",
                                   world.listen()};
  command.insert(command.end(), flags.begin(), flags.end());
  std::filesystem::remove(log);
  return {command, log};
}

std::string text_in(const std::string& body, const std::string& name) {
  const std::string before = "\"" + name + "\":\"";
  const auto at = body.find(before);
  if (at == std::string::npos) return {};
  const auto from = at + before.size();
  return body.substr(from, body.find('"', from) - from);
}

bool is_problem(const transport::HttpResult& result, int status, const std::string& slug) {
  return result.status == status && text_in(result.body, "type") == "urn:troth:problem:" + slug;
}

}  // namespace troth::e2e
