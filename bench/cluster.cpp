#include "bench/cluster.h"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <mutex>
#include <stdexcept>

#include "bench/child.h"
#include "bench/report.h"

namespace troth::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kLongest{60};

TransactionSpec spec(const std::string& first, const std::string& second) {
  TransactionSpec transaction;
  transaction.branches.push_back({first, "", R"({"account":"7","amount":-50})"});
  transaction.branches.push_back({second, "", R"({"account":"9","amount":50})"});
  return transaction;
}

std::unique_ptr<server::Server> start(const std::string& dir) {
  server::Config config;
  config.data_dir = dir;
  config.port = 0;
  auto started = server::Server::start(config);
  if (const auto* error = std::get_if<server::StartError>(&started)) throw std::runtime_error(error->message);
  return std::move(std::get<std::unique_ptr<server::Server>>(started));
}

/// So many calls under way, a new one for each that ends, until it is told to stop. Its calls keep it: one that is
/// given up may still be answered.
class Loop : public std::enable_shared_from_this<Loop> {
 public:
  using Begin = std::function<void(Client::Done)>;
  explicit Loop(Begin begin) : begin_(std::move(begin)) {}

  /// Returns when `count` have ended well, or with 0 when `seconds` are over, and nothing is under way. Once.
  void run(std::uint64_t in_flight, std::uint64_t count, double seconds) {
    const auto begun = Clock::now();
    left_ = count;
    under_way_ = in_flight;  // before the first call
    for (std::uint64_t i = 0; i < in_flight; ++i) next();
    std::unique_lock lock(mutex_);
    if (count == 0) {
      ended_.wait_for(lock, std::chrono::duration<double>(seconds), [this] { return !wrong_.empty(); });
      stopping_ = true;
    }
    const bool over = ended_.wait_for(lock, kLongest, [this] { return under_way_ == 0 || !wrong_.empty(); });
    if (!over) wrong_ = "no answer within a minute";
    if (!wrong_.empty()) throw std::runtime_error("a transaction was not committed: " + wrong_);
    took_seconds_ = std::chrono::duration<double>(Clock::now() - begun).count();
  }
  std::vector<double>& took_ms() { return took_ms_; }
  double seconds() const { return took_seconds_; }

 private:
  void next() {
    const auto at = Clock::now();
    begin_([self = shared_from_this(), at](const Result& result) { self->heard(result, at); });
  }
  void heard(const Result& result, Clock::time_point begun) {
    {
      const std::lock_guard lock(mutex_);
      took_ms_.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begun).count());
      if (!result.committed()) wrong_ = result.problem + result.reason + " " + result.detail;
      const bool is_enough = stopping_ || (left_ != 0 && took_ms_.size() + under_way_ > left_);
      if (is_enough || !wrong_.empty()) {
        --under_way_;
        ended_.notify_all();
        return;
      }
    }
    next();
  }

  const Begin begin_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::uint64_t left_ = 0;  // 0: until it is stopped
  std::uint64_t under_way_ = 0;
  bool stopping_ = false;
  std::string wrong_;
  std::vector<double> took_ms_;
  double took_seconds_ = 0;
};

}  // namespace

Cluster::Cluster(const std::string& dir) {
  std::filesystem::create_directory(dir);
  server_ = start(dir);
  http_ = std::make_unique<transport::HttpClient>(io_, "http://127.0.0.1:" + std::to_string(server_->started().port));
  a_ = join("bank-a", resource_);
  b_ = join("bank-b", resource_);
  Client::Options options;
  options.coordinator = "ws://127.0.0.1:" + std::to_string(server_->started().port);
  client_ = std::make_unique<Client>(options);
}

Cluster::~Cluster() {
  client_.reset();
  a_.reset();
  b_.reset();
  http_.reset();
}

std::unique_ptr<Participant> Cluster::join(const std::string& name, Resource& resource) {
  Options options;
  options.participant = name;
  options.coordinator = "ws://127.0.0.1:" + std::to_string(server_->started().port);
  options.threads = 1;
  auto joined = std::make_unique<Participant>(options, resource);
  wait_for("troth_participant_instances{participant=\"" + name + "\"}", 1);
  return joined;
}

Phase Cluster::load(std::uint64_t in_flight, double seconds) {
  const TransactionSpec transaction = spec("bank-a", "bank-b");
  const auto loop = std::make_shared<Loop>([&](Client::Done done) { client_->run(transaction, std::move(done)); });
  const double processor = processor_seconds();
  loop->run(in_flight, 0, seconds);
  Phase phase;
  phase.committed = loop->took_ms().size();
  phase.per_second = static_cast<double>(phase.committed) / loop->seconds();
  phase.processor_us = 1e6 * (processor_seconds() - processor) / static_cast<double>(phase.committed);
  phase.p99_ms = percentile(loop->took_ms(), 0.99);
  return phase;
}

void Cluster::commit_with(const std::string& name, std::uint64_t count) {
  const TransactionSpec transaction = spec(name, "bank-a");
  const auto loop = std::make_shared<Loop>([&](Client::Done done) { client_->run(transaction, std::move(done)); });
  loop->run(std::min<std::uint64_t>(count, 64), count, 0);
}

std::string Cluster::scrape() {
  const auto answer = http_->call("GET", "/metrics");
  if (answer.status != 200) throw std::runtime_error("/metrics answers " + std::to_string(answer.status));
  return answer.body;
}

double Cluster::metric(const std::string& sample) {
  const std::string text = "\n" + scrape();
  const auto at = text.find("\n" + sample + " ");
  if (at == std::string::npos) throw std::runtime_error("/metrics has no " + sample);
  return std::strtod(text.c_str() + at + sample.size() + 2, nullptr);
}

void Cluster::wait_for(const std::string& sample, double value) {
  const auto until = Clock::now() + kLongest;
  const std::string line = "\n" + sample + " " + std::to_string(static_cast<std::uint64_t>(value)) + "\n";
  while (("\n" + scrape()).find(line) == std::string::npos) {
    if (Clock::now() > until) throw std::runtime_error(sample + " does not become " + std::to_string(value));
    ::poll(nullptr, 0, 10);
  }
}

}  // namespace troth::bench
