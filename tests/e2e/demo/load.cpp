#include "tests/e2e/demo/load.h"

#include <future>
#include <random>
#include <stdexcept>
#include <utility>

#include "tests/e2e/demo/answer.h"

namespace troth::demo {
namespace {

constexpr Millis kAnswerMs = 40'000;  // the coordinator answers within max-wait-ms, 30 s
constexpr Millis kAgainMs = 20;

std::string random_word() {
  std::random_device device;
  return std::to_string(device()) + std::to_string(device());
}

}  // namespace

Load::Load(transport::Io& io, const std::string& url, std::vector<Transfer> transfers, std::uint32_t in_flight)
    : io_(io),
      transfers_(std::move(transfers)),
      run_(random_word()),
      client_(std::make_unique<transport::HttpClient>(io, url, in_flight)),
      told_(transfers_.size()),
      begun_(std::chrono::steady_clock::now()),
      ended_(begun_) {
  io_.post([this, in_flight] {
    for (std::uint32_t i = 0; i < in_flight; ++i) next();
  });
}

Load::~Load() {
  std::promise<void> stopped;
  io_.post([this, &stopped] {
    *alive_ = false;
    stopped.set_value();
  });
  stopped.get_future().wait();
  client_.reset();
}

void Load::next() {
  if (next_ < transfers_.size()) send(next_++);
}

void Load::send(std::size_t index) {
  const Transfer& transfer = transfers_[index];
  transport::Headers headers{{"content-type", "application/json"},
                             {"idempotency-key", run_ + "-" + std::to_string(transfer.number)}};
  client_->call("POST", "/v1/transactions", std::move(headers), transfer.body(), kAnswerMs,
                [this, index](const transport::HttpResult& result) { heard(index, result); });
}

void Load::heard(std::size_t index, const transport::HttpResult& result) {
  if (!*alive_) return;
  const Answer answer = read_answer(result);
  if (answer.kind == Answer::kBroken) {
    const std::lock_guard lock(mutex_);
    broken_ = "transfer " + std::to_string(transfers_[index].number) + " got " + answer.why;
    changed_.notify_all();
    return;
  }
  if (answer.kind == Answer::kAgain) {
    {
      const std::lock_guard lock(mutex_);
      ++repeats_;
    }
    return io_.after(kAgainMs, [this, index, alive = alive_] {
      if (*alive) send(index);
    });
  }
  record(index,
         Told{transfers_[index].number, answer.transaction, answer.kind == Answer::kCommitted, answer.abort_reason});
  next();
}

void Load::record(std::size_t index, Told told) {
  const std::lock_guard lock(mutex_);
  told_[index] = std::move(told);
  ++done_;
  ended_ = std::chrono::steady_clock::now();
  changed_.notify_all();
}

std::uint32_t Load::wait_for(std::uint32_t count, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, timeout, [&] { return done_ >= count || !broken_.empty(); });
  if (!broken_.empty()) throw std::runtime_error(broken_);
  return done_;
}

}  // namespace troth::demo
