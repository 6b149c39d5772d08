#include "tests/e2e/chaos/cluster.h"

#include <signal.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>
#include <utility>

#include "tests/e2e/chaos/audit.h"
#include "tests/e2e/demo/interrupt.h"
#include "tests/e2e/demo/options.h"

namespace troth::chaos {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kLook = 3ms;
constexpr auto kPatience = 60s;
constexpr Millis kAskMs = 5'000;

}  // namespace

Programs Programs::of_this_build() {
  const demo::Options found = demo::with_programs({});
  const auto build = std::filesystem::path(found.trothd).parent_path().parent_path().parent_path();
  return {found.trothd, build / "tests/e2e/chaos/trothd_chaos", found.bank, build / "tests/e2e/chaos/teller"};
}

Cluster::Cluster(transport::Io& io, std::string dir, std::vector<Member> members, std::vector<std::string> trothd_flags,
                 bool liar)
    : io_(io),
      dir_(std::move(dir)),
      members_(std::move(members)),
      trothd_flags_(std::move(trothd_flags)),
      liar_(liar),
      processes_(members_.size()) {
  std::filesystem::create_directories(data());
}

void Cluster::start_member(std::size_t at) {
  const Member& member = members_[at];
  std::vector<std::string> command{member.program,
                                   "--name",
                                   member.name,
                                   "--db",
                                   files()[at],
                                   "--coordinator",
                                   "ws" + url().substr(std::string_view("http").size())};
  command.insert(command.end(), member.flags.begin(), member.flags.end());
  processes_[at] = demo::Process(command, dir_ + "/" + member.name + ".log");
}

void Cluster::run_trothd(std::vector<std::string> command) {
  const std::vector<std::string> flags{"--data-dir",  data(),      "--listen",    listen_,
                                       "--port-file", port_file(), "--log-level", "warn"};
  command.insert(command.end(), flags.begin(), flags.end());
  command.insert(command.end(), trothd_flags_.begin(), trothd_flags_.end());
  std::error_code none;
  log_size_at_start_ = std::filesystem::exists(trothd_log()) ? std::filesystem::file_size(trothd_log(), none) : 0;
  trothd_ = demo::Process(command, trothd_log());
}

void Cluster::start_trothd() {
  run_trothd({programs_.trothd});
}

void Cluster::start_trothd_chaos(const std::string& kill_at, const std::string& list) {
  std::vector<std::string> command{"/usr/bin/env"};
  if (!kill_at.empty()) command.push_back("TROTH_KILL_AT=" + kill_at);
  if (!list.empty()) command.push_back("TROTH_KILL_LIST=" + list);
  if (liar_) command.emplace_back("TROTH_CHAOS_LIES=1");
  command.push_back(programs_.trothd_chaos);
  run_trothd(std::move(command));
}

void Cluster::kill_trothd() {
  trothd_.kill_now();
}

bool Cluster::trothd_ended(std::chrono::milliseconds timeout) {
  return !trothd_.started() || trothd_.wait(timeout).has_value();
}

bool Cluster::killed_at_its_point() const {
  std::ifstream log(trothd_log(), std::ios::binary);
  log.seekg(static_cast<std::streamoff>(log_size_at_start_));
  const std::string said{std::istreambuf_iterator<char>(log), std::istreambuf_iterator<char>()};
  return said.find("chaos: killed at ") != std::string::npos;
}

void Cluster::check_alive() {
  demo::throw_if_interrupted();
  for (std::size_t at = 0; at < members_.size(); ++at) {
    if (!processes_[at].started()) continue;
    if (const auto code = processes_[at].wait(0ms)) {
      throw std::runtime_error(members_[at].name + " ended with " + std::to_string(*code) + ": see " + dir_);
    }
  }
  if (!trothd_.started()) return;
  if (const auto code = trothd_.wait(0ms); code && !killed_at_its_point()) {
    throw std::runtime_error("trothd ended with " + std::to_string(*code) + ": see " + trothd_log());
  }
}

template <class Condition>
void Cluster::wait(const char* what, const Condition& holds) {
  const auto deadline = Clock::now() + kPatience;
  while (!holds()) {
    check_alive();
    if (!trothd_.started()) throw std::runtime_error(std::string("trothd is gone: no ") + what + ": see " + dir_);
    if (Clock::now() > deadline) throw std::runtime_error(std::string("not in a minute: ") + what + ": see " + dir_);
    std::this_thread::sleep_for(kLook);
  }
}

std::string Cluster::url() {
  if (listen_.ends_with(":0")) {
    int port = 0;
    wait("port", [&] { return static_cast<bool>(std::ifstream(port_file()) >> port); });
    listen_ = "127.0.0.1:" + std::to_string(port);
  }
  return "http://" + listen_;
}

transport::HttpClient& Cluster::client() {
  if (!client_) client_ = std::make_unique<transport::HttpClient>(io_, url(), 16);
  return *client_;
}

bool Cluster::is_ready() {
  return client().call("GET", "/readyz", {}, {}, kAskMs).status == 200;
}

void Cluster::wait_until_ready() {
  wait("readiness", [this] { return is_ready(); });
}

void Cluster::wait_until_serving() {
  wait("service", [this] {
    if (!is_ready()) return false;
    for (const Member& member : members_) {
      const auto result = client().call("GET", "/v1/participants/" + member.name, {}, {}, kAskMs);
      if (result.body.find("\"state\":\"connected\"") == std::string::npos) return false;
    }
    return true;
  });
}

bool Cluster::lists_nothing(const std::string& state) {
  const auto result = client().call("GET", "/v1/transactions?pageSize=1&state=" + state, {}, {}, kAskMs);
  return result.status == 200 && result.body.find("\"transactions\":[]") != std::string::npos;
}

bool Cluster::wait_until_settled(std::chrono::milliseconds timeout) {
  const auto deadline = Clock::now() + timeout;
  const auto settled = [this] {
    for (const char* state : {"active", "preparing", "committing", "aborting", "in_doubt"}) {
      if (!lists_nothing(state)) return false;
    }
    return prepared_in(files()) == 0;
  };
  while (!settled()) {
    check_alive();
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(kLook);
  }
  return true;
}

std::string Cluster::stop() {
  std::string wrong;
  const auto end = [&wrong](demo::Process& process, const std::string& name) {
    process.signal(SIGTERM);
    const auto code = process.wait(kPatience);
    if (code != 0) wrong += name + (code ? " ended with " + std::to_string(*code) : " did not end") + "; ";
    process.kill_now();
  };
  for (std::size_t at = 0; at < members_.size(); ++at) end(processes_[at], members_[at].name);
  end(trothd_, "trothd");
  return wrong;
}

std::vector<std::string> Cluster::names() const {
  std::vector<std::string> names;
  for (const Member& member : members_) names.push_back(member.name);
  return names;
}

std::vector<std::string> Cluster::files() const {
  std::vector<std::string> files;
  for (const Member& member : members_) files.push_back(dir_ + "/" + member.name + ".db");
  return files;
}

}  // namespace troth::chaos
