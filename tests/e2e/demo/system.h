// The system of the demo: one trothd, bank-a, bank-b, each a process with its own files in one directory.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "proto/transport/http_client.h"
#include "tests/e2e/demo/options.h"
#include "tests/e2e/demo/process.h"

namespace troth::demo {

inline constexpr int kAccounts = 100;  // per bank
inline constexpr std::array<const char*, 2> kBanks{"bank-a", "bank-b"};

enum class Part { kTrothd, kBankA, kBankB };
const char* name_of(Part part);

/// Main thread only. Every failure to start is a std::runtime_error that names the log to look at.
class System {
 public:
  System(const Options& options, std::string dir, transport::Io& io);

  /// Starts everything and returns when trothd is ready and both banks are connected.
  void start();
  /// kill -9, then start again at once. Does not wait until it serves.
  void kill_and_restart(Part part);
  /// Returns when trothd is ready and both banks are connected; throws when a process has ended or after a minute.
  void wait_until_serving();
  /// Returns when no transaction is live and no bank holds a prepared branch; false after `seconds`.
  bool wait_until_settled(int seconds);
  /// Throws when a process has ended by itself, or on Ctrl-C.
  void check_all_alive();
  /// SIGTERM to all. Empty, or which process did not end with 0.
  std::string stop();

  const std::string& url() const { return url_; }
  std::string database(std::size_t bank) const { return dir_ + "/" + kBanks[bank] + ".db"; }
  /// Prepared branches in the banks' files plus in-doubt transactions that trothd lists (if it runs).
  std::uint64_t in_doubt();

 private:
  Process& process(Part part) { return processes_[static_cast<std::size_t>(part)]; }
  std::string log_of(Part part) const { return dir_ + "/" + name_of(part) + ".log"; }
  void start_one(Part part);
  void learn_port();
  void check_alive(Part part);
  bool is_serving();
  bool lists_nothing(const std::string& state);

  const Options options_;
  const std::string dir_;
  transport::Io& io_;
  std::string listen_ = "127.0.0.1:0";  // the first start picks the port, later ones keep it: clients come back to it
  std::string url_;
  std::array<Process, 3> processes_;
  std::unique_ptr<transport::HttpClient> client_;
};

}  // namespace troth::demo
