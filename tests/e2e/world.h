// Real processes for one test: trothd with the flags it wants, banks, an HTTP client; in a directory that goes with
// them.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "proto/transport/http_client.h"
#include "tests/e2e/demo/options.h"
#include "tests/e2e/demo/process.h"

namespace troth::e2e {

class TempDir {
 public:
  TempDir();
  ~TempDir();  // removed, unless a test has failed: then it says where it is
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// How a process ended and all it printed.
struct Ended {
  int code = -1;
  std::string said;
};

/// Every file below `dir` with its bytes, to show that nothing was changed.
std::map<std::string, std::string> contents(const std::string& dir);
std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& text);

class World {
 public:
  World();

  /// Runs trothd with these flags until it ends by itself.
  Ended run_to_end(const std::vector<std::string>& flags, const std::vector<std::string>& before = {});
  /// Starts trothd on data directory `data` (made when missing) and returns when it serves. The port stays the same
  /// over restarts.
  void start(const std::vector<std::string>& flags = {});
  /// SIGTERM, and how it ended.
  Ended stop();
  void signal(int number) { trothd_.signal(number); }
  /// As `stop`, when the signal was sent before.
  Ended wait_for_end();
  void kill() { trothd_.kill_now(); }

  void start_bank(const std::string& name);
  demo::Process& bank(const std::string& name) { return banks_[name]; }
  void wait_until_connected(const std::string& name);

  transport::HttpResult get(const std::string& target);
  transport::HttpResult post(const std::string& target, const std::string& body, const std::string& key = {});
  std::future<transport::HttpResult> post_beside(const std::string& target, const std::string& body,
                                                 const std::string& key = {});
  /// Looks until `holds`; false after 20 seconds.
  template <class Condition>
  static bool eventually(Condition holds);

  std::string data() const { return dir_.file("data"); }
  std::string listen() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string file(const std::string& name) const { return dir_.file(name); }
  std::string log() const { return dir_.file("trothd.log"); }

 private:
  TempDir dir_;
  demo::Options programs_;
  transport::Io io_;
  int port_ = 0;
  demo::Process trothd_;
  std::map<std::string, demo::Process> banks_;
  std::unique_ptr<transport::HttpClient> client_;
};

/// A transfer of `amount` from account 1 of bank-a to account 2 of bank-b, as a request.
std::string transfer(int amount);

bool look(std::chrono::steady_clock::time_point deadline);

template <class Condition>
bool World::eventually(Condition holds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!holds()) {
    if (!look(deadline)) return false;
  }
  return true;
}

}  // namespace troth::e2e
