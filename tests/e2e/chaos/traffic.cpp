#include "tests/e2e/chaos/traffic.h"

#include <future>
#include <stdexcept>
#include <utility>

namespace troth::chaos {
namespace {

constexpr Millis kAnswerMs = 40'000;  // the coordinator answers within max-wait-ms, 30 s
constexpr Millis kAgainMs = 5;

/// The member `id` of a transaction; empty when there is none.
std::string id_in(const std::string& body) {
  constexpr std::string_view kBefore = R"("id":")";
  const std::size_t begin = body.find(kBefore);
  if (begin == std::string::npos) return {};
  return body.substr(begin + kBefore.size(), body.find('"', begin + kBefore.size()) - begin - kBefore.size());
}

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
  Errand errand{options_.draw(random_), {}};
  {
    const std::lock_guard lock(mutex_);
    if (finishing_) return;
    errand.job.number = ++begun_;
  }
  send(errand);
}

void Traffic::send(const Errand& errand) {
  Request request = request_of(errand.job, errand.transaction);
  client_->call("POST", std::move(request.target), std::move(request.headers), std::move(request.body), kAnswerMs,
                [this, errand](const transport::HttpResult& result) { heard(errand, result); });
}

Request Traffic::request_of(const Job& job, const std::string& transaction) const {
  Request request{"/v1/transactions", {{"content-type", "application/json"}}, {}};
  if (transaction.empty() || job.keyed) {
    request.body = body_of(job, options_.participants);
  } else {
    request.target += "/" + transaction + "/commit";
    request.body = "{}";
  }
  if (job.keyed) request.headers.emplace_back("idempotency-key", run_ + "-" + std::to_string(job.number));
  return request;
}

void Traffic::send_again(const Errand& errand) {
  io_.after(kAgainMs, [this, errand, alive = alive_] {
    if (*alive) send(errand);
  });
}

void Traffic::heard(const Errand& errand, const transport::HttpResult& result) {
  if (!*alive_) return;
  if (result.status == 201) {
    const std::string id = id_in(result.body);
    return send({errand.job, id});
  }
  const demo::Answer answer = demo::read_answer(result);
  if (answer.kind == demo::Answer::kAgain) return send_again(errand);
  record(errand, answer);
  io_.after(options_.pause_ms, [this, alive = alive_] {
    if (*alive) next();
  });
}

void Traffic::record(const Errand& errand, const demo::Answer& answer) {
  const std::lock_guard lock(mutex_);
  if (answer.kind == demo::Answer::kBroken) {
    broken_ = body_of(errand.job, options_.participants) + " " + errand.transaction + " got " + answer.why;
  } else {
    told_.push_back({errand.job, answer.transaction, answer.kind == demo::Answer::kCommitted});
    ++done_;
  }
  changed_.notify_all();
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
