#include "tests/e2e/world.h"

#include <signal.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>
#include <utility>

namespace troth::e2e {
namespace {

constexpr std::chrono::seconds kEndWithin{30};
constexpr Millis kAnswerMs = 40'000;

}  // namespace

TempDir::TempDir() {
  std::string pattern = (std::filesystem::temp_directory_path() / "troth-e2e-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a temporary directory");
  path_ = pattern;
}

TempDir::~TempDir() {
  if (::testing::Test::HasFailure()) {
    std::fprintf(stderr, "the files stay in %s\n", path_.c_str());
    return;
  }
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::map<std::string, std::string> contents(const std::string& dir) {
  std::map<std::string, std::string> all;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir)) {
    all[entry.path().string()] = entry.is_regular_file() ? read_file(entry.path().string()) : std::string();
  }
  return all;
}

bool look(std::chrono::steady_clock::time_point deadline) {
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return std::chrono::steady_clock::now() < deadline;
}

std::string transfer(int amount) {
  return R"({"commit":true,"branches":[{"participant":"bank-a","payload":{"account":1,"amount":)" +
         std::to_string(-amount) + R"(}},{"participant":"bank-b","payload":{"account":2,"amount":)" +
         std::to_string(amount) + "}}]}";
}

World::World() : programs_(demo::with_programs({})) {}

Ended World::run_to_end(const std::vector<std::string>& flags, const std::vector<std::string>& before) {
  const std::string log = dir_.file("run.log");
  std::filesystem::remove(log);
  std::vector<std::string> command = before;
  command.push_back(programs_.trothd);
  command.insert(command.end(), flags.begin(), flags.end());
  demo::Process process(command, log);
  const auto code = process.wait(kEndWithin);
  return {code.value_or(-1), read_file(log)};
}

void World::start(const std::vector<std::string>& flags) {
  std::filesystem::create_directories(data());
  std::filesystem::remove(file("port"));
  std::vector<std::string> command{programs_.trothd, "--data-dir",  data(),      "--listen",
                                   listen(),         "--port-file", file("port")};
  command.insert(command.end(), flags.begin(), flags.end());
  std::filesystem::remove(log());
  trothd_ = demo::Process(command, log());
  if (!eventually([this] { return std::filesystem::exists(file("port")); })) throw std::runtime_error(read_file(log()));
  port_ = std::stoi(read_file(file("port")));
  if (!client_) client_ = std::make_unique<transport::HttpClient>(io_, "http://" + listen(), 16);
}

Ended World::stop() {
  trothd_.signal(SIGTERM);
  return wait_for_end();
}

Ended World::wait_for_end() {
  const auto code = trothd_.wait(kEndWithin);
  return {code.value_or(-1), read_file(log())};
}

void World::start_bank(const std::string& name) {
  banks_[name] =
      demo::Process({programs_.bank, "--name", name, "--db", file(name + ".db"), "--coordinator", "ws://" + listen()},
                    file(name + ".log"));
}

void World::wait_until_connected(const std::string& name) {
  const auto connected = [&] {
    return get("/v1/participants/" + name).body.find("\"state\":\"connected\"") != std::string::npos;
  };
  if (!eventually(connected)) throw std::runtime_error(name + " does not connect");
}

transport::HttpResult World::get(const std::string& target) {
  return client_->call("GET", target, {}, {}, kAnswerMs);
}

transport::HttpResult World::post(const std::string& target, const std::string& body, const std::string& key) {
  return post_beside(target, body, key).get();
}

std::future<transport::HttpResult> World::post_beside(const std::string& target, const std::string& body,
                                                      const std::string& key) {
  transport::Headers headers{{"content-type", "application/json"}};
  if (!key.empty()) headers.emplace_back("idempotency-key", key);
  auto promise = std::make_shared<std::promise<transport::HttpResult>>();
  auto future = promise->get_future();
  client_->call("POST", target, headers, body, kAnswerMs,
                [promise](transport::HttpResult result) { promise->set_value(std::move(result)); });
  return future;
}

}  // namespace troth::e2e
