#include <time.h>
#include <troth/client.h>

#include <algorithm>
#include <mutex>
#include <random>
#include <stdexcept>

#include "participant-sdk/client/connection.h"
#include "participant-sdk/runtime/url.h"

namespace troth {
namespace {

request::NewBranch to_request(const BranchSpec& spec) {
  request::NewBranch branch;
  branch.participant = spec.participant;
  branch.key = spec.key;
  branch.payload = spec.payload;
  branch.payload_type = spec.binary ? PayloadType::kBytes : PayloadType::kJson;
  if (spec.payload.empty()) branch.payload_type = PayloadType::kNone;
  return branch;
}

Wait to_wait(WaitFor wait) {
  return wait == WaitFor::kCompleted ? Wait::kCompleted : Wait::kDecided;
}

request::Begin to_request(const TransactionSpec& spec, bool commit) {
  request::Begin begin;
  begin.label = spec.label;
  if (spec.timeout) begin.timeout_ms = spec.timeout->count();
  begin.wait = to_wait(spec.wait);
  begin.one_phase = spec.one_phase;
  begin.commit = commit;
  begin.traceparent = spec.traceparent;
  for (const auto& branch : spec.branches) begin.branches.push_back(to_request(branch));
  return begin;
}

request::Commit to_request(const TransactionId& transaction, WaitFor wait, std::optional<std::uint32_t> branch_count) {
  request::Commit commit;
  commit.id = transaction;
  commit.wait = to_wait(wait);
  commit.branch_count = branch_count;
  return commit;
}

sdk::ConnectionOptions connection_options(Client::Options options) {
  const bool sound = options.patience.count() >= 1 && options.reconnect_min.count() >= 1 &&
                     options.reconnect_min <= options.reconnect_max;
  if (!sound) {
    throw std::invalid_argument(
        "troth::Client::Options: patience and reconnect_min must be at least 1 ms, and "
        "reconnect_min not above reconnect_max");
  }
  sdk::ConnectionOptions connection;
  connection.url = sdk::websocket_url(options.coordinator, "/v1/client");
  connection.patience = options.patience.count();
  connection.reconnect_min = options.reconnect_min.count();
  connection.reconnect_max = options.reconnect_max.count();
  connection.on_state = std::move(options.on_state);
  return connection;
}

}  // namespace

struct Client::Impl {
  explicit Impl(Options options) : connection(io, connection_options(std::move(options))) {}
  ~Impl() {
    io.stop();
    connection.give_up_all();
  }

  /// The waiting form of a call.
  Result wait(client_session::RequestBody body) {
    if (connection.on_io_thread()) {
      throw std::logic_error("troth::Client: a waiting call from a callback of the client would wait for ever");
    }
    std::promise<Result> promise;
    auto result = promise.get_future();
    connection.call(std::move(body), [&promise](Result answer) { promise.set_value(std::move(answer)); });
    return result.get();
  }

  transport::Io io;
  sdk::Connection connection;
};

Client::Client(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {
  impl_->connection.start();
}

Client::~Client() = default;

Result Client::run(const TransactionSpec& spec) {
  return impl_->wait(to_request(spec, true));
}
void Client::run(const TransactionSpec& spec, Done done) {
  impl_->connection.call(to_request(spec, true), std::move(done));
}
std::future<Result> Client::run_async(const TransactionSpec& spec) {
  auto promise = std::make_shared<std::promise<Result>>();
  auto result = promise->get_future();
  run(spec, [promise](Result answer) { promise->set_value(std::move(answer)); });
  return result;
}

Result Client::begin(const TransactionSpec& spec) {
  return impl_->wait(to_request(spec, false));
}
void Client::begin(const TransactionSpec& spec, Done done) {
  impl_->connection.call(to_request(spec, false), std::move(done));
}

Result Client::enlist(const TransactionId& transaction, const BranchSpec& branch) {
  return impl_->wait(request::Enlist{transaction, to_request(branch)});
}
void Client::enlist(const TransactionId& transaction, const BranchSpec& branch, Done done) {
  impl_->connection.call(request::Enlist{transaction, to_request(branch)}, std::move(done));
}

Result Client::commit(const TransactionId& transaction, WaitFor wait, std::optional<std::uint32_t> branch_count) {
  return impl_->wait(to_request(transaction, wait, branch_count));
}
void Client::commit(const TransactionId& transaction, WaitFor wait, std::optional<std::uint32_t> branch_count,
                    Done done) {
  impl_->connection.call(to_request(transaction, wait, branch_count), std::move(done));
}

Result Client::abort(const TransactionId& transaction, const std::string& reason) {
  return impl_->wait(request::Abort{transaction, reason});
}
void Client::abort(const TransactionId& transaction, const std::string& reason, Done done) {
  impl_->connection.call(request::Abort{transaction, reason}, std::move(done));
}

Result Client::get(const TransactionId& transaction) {
  return impl_->wait(request::Get{transaction, std::nullopt});
}
void Client::get(const TransactionId& transaction, Done done) {
  impl_->connection.call(request::Get{transaction, std::nullopt}, std::move(done));
}

}  // namespace troth
