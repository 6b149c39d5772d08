#include "tests/e2e/chaos/traffic.h"

#include <future>
#include <stdexcept>
#include <utility>

#include "tests/e2e/demo/answer.h"

namespace troth::chaos {
namespace {

constexpr Millis kAnswerMs = 40'000;  // the coordinator answers within max-wait-ms, 30 s
constexpr Millis kAgainMs = 5;

std::string random_word() {
  std::random_device device;
  return std::to_string(device()) + std::to_string(device());
}

}  // namespace

Traffic::Traffic(transport::Io& io, Options options)
    : io_(io),
      options_(std::move(options)),
      run_(random_word()),
      client_(std::make_unique<transport::HttpClient>(io, options_.url, options_.in_flight)),
      random_(options_.seed) {
  io_.post([this] {
    for (unsigned i = 0; i < options_.in_flight; ++i) next();
  });
}

Traffic::~Traffic() {
  std::promise<void> stopped;
  io_.post([this, &stopped] {
    *alive_ = false;
    stopped.set_value();
  });
  stopped.get_future().wait();
  client_.reset();
}

void Traffic::next() {
  Job job = options_.draw(random_);
  {
    const std::lock_guard lock(mutex_);
    if (finishing_) return;
    job.number = ++begun_;
  }
  send(job);
}

void Traffic::send(const Job& job) {
  transport::Headers headers{{"content-type", "application/json"}, {"idempotency-key", key_of(job.number)}};
  client_->call("POST", "/v1/transactions", std::move(headers), body_of(job, options_.participants), kAnswerMs,
                [this, job](const transport::HttpResult& result) { heard(job, result); });
}

void Traffic::heard(const Job& job, const transport::HttpResult& result) {
  if (!*alive_) return;
  const demo::Answer answer = demo::read_answer(result);
  if (answer.kind == demo::Answer::kAgain) {
    return io_.after(kAgainMs, [this, job, alive = alive_] {
      if (*alive) send(job);
    });
  }
  {
    const std::lock_guard lock(mutex_);
    if (answer.kind == demo::Answer::kBroken) {
      broken_ = body_of(job, options_.participants) + " got " + answer.why;
    } else {
      told_.push_back({job, answer.transaction, answer.kind == demo::Answer::kCommitted});
      ++done_;
    }
    changed_.notify_all();
  }
  next();
}

std::uint64_t Traffic::told() const {
  const std::lock_guard lock(mutex_);
  return done_;
}

bool Traffic::wait_for(std::uint64_t count, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, timeout, [&] { return done_ >= count || !broken_.empty(); });
  if (!broken_.empty()) throw std::runtime_error(broken_);
  return done_ >= count;
}

bool Traffic::finish(std::chrono::milliseconds timeout) {
  std::uint64_t begun = 0;
  {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
    begun = begun_;
  }
  return wait_for(begun, timeout);
}

std::vector<Told> Traffic::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(told_, {});
}

}  // namespace troth::chaos
