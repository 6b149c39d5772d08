// tests/e2e/chaos/cluster.h: one trothd, as the product's program or as the one that ends itself, and its participants.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "proto/transport/http_client.h"
#include "tests/e2e/demo/process.h"

namespace troth::chaos {

/// Programs of the build that this one is of.
struct Programs {
  std::string trothd;
  std::string trothd_chaos;
  std::string bank;    // of the SDK's examples
  std::string teller;  // a bank that can be pinned, vote read-only, and comes back quickly
  static Programs of_this_build();
};

struct Member {
  std::string name;
  std::string program;
  std::vector<std::string> flags;
};

/// Main thread only. What fails is a std::runtime_error that names the directory.
class Cluster {
 public:
  /// `liar`: trothd_chaos says that all is durable at once.
  Cluster(transport::Io& io, std::string dir, std::vector<Member> members, std::vector<std::string> trothd_flags,
          bool liar = false);

  void start_member(std::size_t at);
  void kill_member(std::size_t at) { processes_[at].kill_now(); }
  /// The product. Does not wait until it serves.
  void start_trothd();
  /// The one that ends itself at `<name>:<n>`; what it passes goes to the file `list` (empty: nowhere).
  void start_trothd_chaos(const std::string& kill_at, const std::string& list = {});
  void kill_trothd();
  void signal_trothd(int number) const { trothd_.signal(number); }

  /// Whether trothd has ended by itself, and whether the point it was started with did that.
  bool trothd_ended(std::chrono::milliseconds timeout);
  bool killed_at_its_point() const;
  /// Throws when a process has ended that nobody killed, or on Ctrl-C.
  void check_alive();

  bool is_ready();
  void wait_until_ready();
  /// Ready and every member connected.
  void wait_until_serving();
  /// No transaction is live and no branch prepared; false after `timeout`.
  bool wait_until_settled(std::chrono::milliseconds timeout);
  bool lists_nothing(const std::string& state);
  /// SIGTERM to all. Empty, or who did not end with 0.
  std::string stop();

  const std::string& dir() const { return dir_; }
  std::string data() const { return dir_ + "/coordinator"; }
  std::string url();
  std::vector<std::string> names() const;
  std::vector<std::string> files() const;
  transport::HttpClient& client();

 private:
  void run_trothd(std::vector<std::string> command);
  std::string trothd_log() const { return dir_ + "/trothd.log"; }
  std::string port_file() const { return dir_ + "/trothd.port"; }
  template <class Condition>
  void wait(const char* what, const Condition& holds);

  transport::Io& io_;
  const std::string dir_;
  const Programs programs_ = Programs::of_this_build();
  const std::vector<Member> members_;
  const std::vector<std::string> trothd_flags_;
  const bool liar_;
  std::string listen_ = "127.0.0.1:0";  // the first start picks the port, later ones keep it
  std::vector<demo::Process> processes_;
  demo::Process trothd_;
  std::uintmax_t log_size_at_start_ = 0;
  std::unique_ptr<transport::HttpClient> client_;
};

}  // namespace troth::chaos
