#include "tests/e2e/demo/system.h"

#include <signal.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "tests/e2e/demo/books.h"
#include "tests/e2e/demo/interrupt.h"

namespace troth::demo {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kLook = 10ms;
constexpr auto kStartWithin = 60s;
constexpr auto kStopWithin = 40s;  // trothd drains up to 25 s
constexpr Millis kAskMs = 2'000;

}  // namespace

const char* name_of(Part part) {
  switch (part) {
    case Part::kTrothd: return "trothd";
    case Part::kBankA: return kBanks[0];
    case Part::kBankB: return kBanks[1];
  }
  return "?";
}

System::System(const Options& options, std::string dir, transport::Io& io)
    : options_(options), dir_(std::move(dir)), io_(io) {
  std::filesystem::create_directories(dir_ + "/coordinator");
}

void System::start() {
  start_one(Part::kTrothd);
  learn_port();
  start_one(Part::kBankA);
  start_one(Part::kBankB);
  wait_until_serving();
}

void System::kill_and_restart(Part part) {
  process(part).kill_now();
  start_one(part);
}

void System::start_one(Part part) {
  if (part == Part::kTrothd) {
    process(part) = Process({options_.trothd, "--data-dir", dir_ + "/coordinator", "--listen", listen_, "--port-file",
                             dir_ + "/trothd.port", "--log-level", "warn"},
                            log_of(part));
    return;
  }
  const std::string name = name_of(part);
  process(part) = Process({options_.bank, "--name", name, "--db", dir_ + "/" + name + ".db", "--coordinator",
                           "ws" + url_.substr(std::string_view("http").size()), "--accounts", std::to_string(kAccounts),
                           "--balance", std::to_string(kBalance)},
                          log_of(part));
}

void System::learn_port() {
  const auto deadline = Clock::now() + kStartWithin;
  int port = 0;
  while (!(std::ifstream(dir_ + "/trothd.port") >> port)) {
    check_alive(Part::kTrothd);
    if (Clock::now() > deadline) throw std::runtime_error("trothd did not start: see " + log_of(Part::kTrothd));
    std::this_thread::sleep_for(kLook);
  }
  listen_ = "127.0.0.1:" + std::to_string(port);
  url_ = "http://" + listen_;
  client_ = std::make_unique<transport::HttpClient>(io_, url_, 2);
}

void System::check_alive(Part part) {
  throw_if_interrupted();
  if (const auto code = process(part).wait(0ms)) {
    throw std::runtime_error(std::string(name_of(part)) + " ended with " + std::to_string(*code) + ": see " +
                             log_of(part));
  }
}

void System::check_all_alive() {
  for (const Part part : {Part::kTrothd, Part::kBankA, Part::kBankB}) check_alive(part);
}

bool System::is_serving() {
  if (client_->call("GET", "/readyz", {}, {}, kAskMs).status != 200) return false;
  for (const char* bank : kBanks) {
    const auto result = client_->call("GET", std::string("/v1/participants/") + bank, {}, {}, kAskMs);
    if (result.status != 200 || result.body.find("\"state\":\"connected\"") == std::string::npos) return false;
  }
  return true;
}

void System::wait_until_serving() {
  const auto deadline = Clock::now() + kStartWithin;
  while (!is_serving()) {
    check_all_alive();
    if (Clock::now() > deadline) throw std::runtime_error("the system does not serve: see the logs in " + dir_);
    std::this_thread::sleep_for(kLook);
  }
}

bool System::lists_nothing(const std::string& state) {
  const auto result = client_->call("GET", "/v1/transactions?pageSize=1&state=" + state, {}, {}, kAskMs);
  return result.status == 200 && result.body.find("\"transactions\":[]") != std::string::npos;
}

std::uint64_t System::in_doubt() {
  std::uint64_t count = 0;
  for (std::size_t bank = 0; bank < kBanks.size(); ++bank) count += prepared_in(database(bank));
  if (process(Part::kTrothd).started() && !lists_nothing("in_doubt")) ++count;
  return count;
}

bool System::wait_until_settled(int seconds) {
  const auto deadline = Clock::now() + std::chrono::seconds(seconds);
  const auto settled = [this] {
    for (const char* state : {"active", "preparing", "committing", "aborting"}) {
      if (!lists_nothing(state)) return false;
    }
    return in_doubt() == 0;
  };
  while (!settled()) {
    check_all_alive();
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(kLook);
  }
  return true;
}

std::string System::stop() {
  std::string wrong;
  for (const Part part : {Part::kBankA, Part::kBankB, Part::kTrothd}) {
    process(part).signal(SIGTERM);
    const auto code = process(part).wait(kStopWithin);
    if (code == 0) continue;
    wrong += std::string(name_of(part)) + (code ? " ended with " + std::to_string(*code) : " did not end") + "; ";
    process(part).kill_now();
  }
  return wrong;
}

}  // namespace troth::demo
