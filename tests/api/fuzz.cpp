#include "tests/api/fuzz.h"

#include <signal.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <thread>

#include "tests/api/checker.h"
#include "tests/api/generator.h"
#include "tests/e2e/demo/options.h"
#include "tests/e2e/demo/process.h"
#include "tests/server/scripted_participant.h"
#include "tests/transport/raw_socket.h"

namespace troth::api {
namespace {

using Clock = std::chrono::steady_clock;
using test::RawResponse;
using test::RawSocket;

constexpr std::size_t kShown = 20;

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// A coordinator with small limits, so that requests reach them, two banks that vote and acknowledge, one participant
/// that votes and never acknowledges, and one that never answers.
class Target {
 public:
  Target() {
    std::string pattern = (std::filesystem::temp_directory_path() / "troth-fuzz-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a temporary directory");
    dir_ = pattern;
    std::filesystem::create_directories(dir_ + "/data");
    const auto programs = demo::with_programs({});
    const std::string port_file = dir_ + "/port";
    trothd_ = demo::Process({programs.trothd,
                             "--data-dir",
                             dir_ + "/data",
                             "--listen",
                             "127.0.0.1:0",
                             "--port-file",
                             port_file,
                             "--max-live",
                             "3000",
                             "--max-unsettled",
                             "400",
                             "--max-branches",
                             "6",
                             "--max-payload-bytes",
                             "4096",
                             "--max-body-bytes",
                             "16384",
                             "--max-header-bytes",
                             "4096",
                             "--default-timeout-ms",
                             "2000",
                             "--max-timeout-ms",
                             "3600000",
                             "--max-wait-ms",
                             "25",
                             "--body-timeout-ms",
                             "2000",
                             "--detail-count",
                             "20000",
                             "--ballast-bytes",
                             "0",
                             "--log-level",
                             "error"},
                            dir_ + "/trothd.log");
    wait_for([&] { return std::filesystem::exists(port_file); }, "trothd does not start; see " + dir_);
    port_ = static_cast<std::uint16_t>(std::stoi(read_file(port_file)));
    for (const std::string name : {"bank-a", "bank-b"}) {
      banks_.emplace_back(std::vector<std::string>{programs.bank, "--name", name, "--db", dir_ + "/" + name + ".db",
                                                   "--coordinator", "ws://127.0.0.1:" + std::to_string(port_)},
                          dir_ + "/" + name + ".log");
      wait_for([&] { return get("/v1/participants/" + name).status == 200; }, name + " does not connect; see " + dir_);
    }
    mute_ = test::ScriptedParticipant::connect(io_, port_, test::hello("mute"));
    late_ = test::ScriptedParticipant::connect(io_, port_, test::hello("late"), votes_and_is_silent);
    lost_ = test::ScriptedParticipant::connect(io_, port_, test::hello("x"));
    for (const std::string name : {"mute", "late", "x"}) {
      wait_for([&] { return get("/v1/participants/" + name).status == 200; }, name + " does not connect");
    }
  }
  ~Target() {
    std::error_code ignored;
    if (!keep_) std::filesystem::remove_all(dir_, ignored);
  }

  std::uint16_t port() const { return port_; }
  RawResponse get(const std::string& path) const {
    RawSocket socket(port_);
    socket.send("GET " + path + " HTTP/1.1\r\nHost: troth\r\n\r\n");
    return socket.read_response();
  }
  /// It still serves, and ends in order when asked to. Empty, or what is wrong.
  std::string end() {
    if (get("/livez").status != 200) return "trothd does not answer any more";
    trothd_.signal(SIGTERM);
    const auto code = trothd_.wait(std::chrono::seconds(40));
    return code == 0
               ? ""
               : "trothd ended with " + std::to_string(code.value_or(-1)) + ": " + read_file(dir_ + "/trothd.log");
  }
  void keep() {
    keep_ = true;
    std::fprintf(stderr, "the files stay in %s\n", dir_.c_str());
  }

 private:
  template <class Condition>
  void wait_for(Condition holds, const std::string& what) {
    const auto until = Clock::now() + std::chrono::seconds(30);
    while (!holds()) {
      if (Clock::now() > until) throw std::runtime_error(what);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  /// What it holds prepared stays in doubt: there is something for operators.
  static std::optional<session::Message> votes_and_is_silent(const session::Message& message) {
    const auto* prepare = std::get_if<session::Prepare>(&message);
    if (prepare == nullptr) return std::nullopt;
    return session::Vote{prepare->branch, VoteKind::kCommit, ""};
  }

  std::string dir_;
  demo::Process trothd_;
  std::vector<demo::Process> banks_;
  std::shared_ptr<test::ScriptedParticipant> mute_;
  std::shared_ptr<test::ScriptedParticipant> late_;
  std::shared_ptr<test::ScriptedParticipant> lost_;  // may be removed, or retired
  transport::Io io_;
  std::uint16_t port_ = 0;
  bool keep_ = false;
};

struct Tally {
  std::array<std::atomic<std::uint64_t>, 6> by_class{};
  std::atomic<std::uint64_t> violations = 0;
  std::atomic<std::uint64_t> valid_served = 0;
  std::set<std::string> served;  // operations that gave what was asked for
  std::set<Slug> refusals;
  std::mutex mutex;

  void violation(const Request& request, const std::string& why) {
    if (++violations > kShown) return;
    const std::lock_guard lock(mutex);
    std::fprintf(stderr, "violation: %s\n  %s\n", why.c_str(), printable(request.bytes()).c_str());
  }
  void note(const Request& request, const RawResponse& response) {
    ++by_class[static_cast<std::size_t>(response.status / 100) % 6];
    if (request.valid && response.status > 0 && response.status < 300) ++valid_served;
    const std::lock_guard lock(mutex);
    if (response.status < 300 && request.operation != nullptr) served.insert(request.operation->id);
    if (const auto slug = slug_in(response.body)) refusals.insert(*slug);
  }
  static std::string printable(const std::string& bytes) {
    std::string out;
    for (const char c : bytes.substr(0, 1'500)) {
      if (c == '\n') {
        out += "\n  ";
      } else if (c >= ' ' && c < 0x7f) {
        out += c;
      } else if (c != '\r') {
        std::array<char, 8> hex{};
        std::snprintf(hex.data(), hex.size(), "\\x%02x", static_cast<unsigned char>(c));
        out += hex.data();
      }
    }
    return out;
  }
};

/// Ids of transactions in an answer: what the next requests are about. Those that aborted have little more to say.
void learn(Generator& generator, const std::string& body) {
  if (body.starts_with("{\"id\":\"") && body.find("\"outcome\":\"aborted\"") == body.npos) {
    generator.learn(body.substr(7, body.find('"', 7) - 7));
  }
}

/// One connection that is opened again whenever the server closes it.
void run(const Spec& spec, std::uint16_t port, std::uint64_t seed, std::uint64_t requests, Tally& tally) {
  Generator generator(spec, seed);
  const Checker checker(spec);
  std::optional<RawSocket> socket;
  for (std::uint64_t i = 0; i < requests; ++i) {
    const Request request = generator.next();
    if (!socket) socket.emplace(port);
    socket->send(request.bytes());
    const RawResponse response = socket->read_response(request.method == "HEAD");
    std::string why = checker.check(request, response);
    if (why.empty() && !request.forbidden.empty() && response.status < 300)
      why = "accepted what the text forbids: " + request.forbidden;
    if (!why.empty())
      tally.violation(request, std::to_string(response.status) + ": " + why + "\n  " + response.body.substr(0, 300));
    tally.note(request, response);
    learn(generator, response.body);
    const bool streams = response.headers.count("transfer-encoding") != 0 || response.status == 101;
    if (response.close && !streams && !socket->closed_by_peer()) tally.violation(request, "it said close and did not");
    if (response.close || streams || response.status == 0) socket.reset();
  }
}

void print(const FuzzOptions& options, const Tally& tally, double seconds) {
  const auto& by = tally.by_class;
  const auto n = [&](std::size_t i) { return static_cast<unsigned long long>(by[i].load()); };
  const auto violations = static_cast<unsigned long long>(tally.violations.load());
  const auto requests = static_cast<unsigned long long>(options.requests);
  const auto seed = static_cast<unsigned long long>(options.seed);
  if (options.json) {
    std::printf(
        R"({"requests":%llu,"seed":%llu,"2xx":%llu,"4xx":%llu,"5xx":%llu,"operations":%zu,"problems":%zu,"violations":%llu,"seconds":%.1f})"
        "\n",
        requests, seed, n(2), n(4), n(5), tally.served.size(), tally.refusals.size(), violations, seconds);
    return;
  }
  std::string names;
  for (const std::string& name : tally.served) names += " " + name;
  std::fprintf(stderr, "fuzz: served%s; %zu kinds of problems\n", names.c_str(), tally.refusals.size());
  std::printf("fuzz: %llu requests, 2xx %llu, 4xx %llu, 503 %llu, violations %llu, %.1f s\n", requests, n(2), n(4),
              n(5), violations, seconds);
}

}  // namespace

bool fuzz(const FuzzOptions& asked) {
  FuzzOptions options = asked;
  if (options.seed == 0) options.seed = std::random_device()() + 1ULL;
  std::fprintf(stderr, "fuzz: seed %llu\n", static_cast<unsigned long long>(options.seed));
  Target target;
  const Spec spec(target.get("/openapi.yaml").body);
  Tally tally;
  const auto begun = Clock::now();
  std::vector<std::thread> threads;
  for (std::uint64_t i = 0; i < options.connections; ++i) {
    const std::uint64_t share =
        options.requests / options.connections + (i < options.requests % options.connections ? 1 : 0);
    threads.emplace_back([&, i, share] { run(spec, target.port(), options.seed * 1'000 + i, share, tally); });
  }
  for (auto& thread : threads) thread.join();
  const std::chrono::duration<double> took = Clock::now() - begun;
  if (const std::string why = target.end(); !why.empty()) {
    ++tally.violations;
    std::fprintf(stderr, "violation: %s\n", why.c_str());
  }
  if (options.requests >= 1'000 && tally.valid_served == 0) {
    ++tally.violations;
    std::fprintf(stderr, "violation: no valid request was served: nothing was shown\n");
  }
  if (tally.violations > 0) target.keep();
  print(options, tally, took.count());
  return tally.violations == 0;
}

}  // namespace troth::api
