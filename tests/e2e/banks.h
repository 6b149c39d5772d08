// The two banks of the demo with files of their own, so that they can be put in front of one coordinator after another.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/e2e/demo/books.h"
#include "tests/e2e/world.h"

namespace troth::e2e {

inline constexpr const char* kBankA = "bank-a";
inline constexpr const char* kBankB = "bank-b";
inline constexpr std::int64_t kMoney = 2'000'000;  // of both banks together

/// Main thread only.
class Banks {
 public:
  Banks() : programs_(demo::with_programs({})) {}
  /// Ends the process of that name if it runs and starts it anew; does not wait until it is connected.
  void start(const std::string& name, const World& coordinator);
  /// Returns when both are connected.
  void start_both(World& coordinator);
  demo::Process& process(const std::string& name) { return processes_[name]; }
  /// What the bank has printed since it was started last.
  std::string said(const std::string& name) const { return read_file(dir_.file(name + ".log")); }
  std::string database(const std::string& name) const { return dir_.file(name + ".db"); }
  demo::Databases databases() const { return {database(kBankA), database(kBankB)}; }
  /// Branches that voted commit and do not know the decision.
  std::uint64_t prepared() const { return demo::prepared_in(database(kBankA)) + demo::prepared_in(database(kBankB)); }
  std::int64_t money() const { return demo::money_in(databases()); }
  /// Which start of the coordinator the bank obeys, and the highest LSN it knows of: `epoch nonce lsn`.
  std::string seen(const std::string& name) const;

 private:
  TempDir dir_;
  demo::Options programs_;
  std::map<std::string, demo::Process> processes_;
};

/// trothd on the data directory and the port of `world`, which must have run before, with its output in `log`; does not
/// wait for anything.
demo::Process spawn(const World& world, const std::vector<std::string>& flags, const std::string& log);

/// What follows `"name":"` in `body`, up to the next quote; empty when it is not there.
std::string text_in(const std::string& body, const std::string& name);
/// True when `body` is the problem `slug`.
bool is_problem(const transport::HttpResult& result, int status, const std::string& slug);

}  // namespace troth::e2e
