#include "proto/transport/http_server.h"

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/basic_resolver.hpp>

#include "proto/transport/http_connection.h"
#include "proto/transport/response_text.h"
#include "proto/transport/tcp_stream.h"

namespace troth::transport {

std::string_view HttpHead::header(std::string_view name) const {
  const auto found =
      std::find_if(headers.begin(), headers.end(), [&](const auto& field) { return field.first == name; });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

namespace {

using asio::ip::tcp;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;

// Often enough that a deadline is late by an eighth of the shortest limit, at most a second.
std::chrono::milliseconds sweep_gap(const HttpLimits& limits) {
  const Millis shortest = std::min({limits.header_timeout_ms, limits.body_timeout_ms, limits.idle_timeout_ms});
  return std::chrono::milliseconds(std::clamp<Millis>(shortest / 8, 5, 1'000));
}

/// Lives as long as its accept and its sweep are under way; the HttpServer in front of it is only a handle.
class Listener : public Closable, public std::enable_shared_from_this<Listener> {
 public:
  Listener(std::shared_ptr<ServerState> state, Acceptor acceptor)
      : state_(std::move(state)), acceptor_(std::move(acceptor)), sweep_(std::in_place, state_->core->executor()) {}

  void start() {
    state_->core->registry.add(this, state_.get());
    accept();
    sweep();
  }

  void stop_accepting() {
    state_->draining = true;
    acceptor_.reset();
    const auto all = state_->connections;  // a copy: who closes leaves the set
    for (const auto& connection : all) connection->close_if_idle();
  }

  void shut() override {
    const auto self = shared_from_this();
    state_->core->registry.remove(this);
    acceptor_.reset();
    sweep_.reset();
  }

 private:
  void accept() {
    if (!acceptor_) return;
    acceptor_->async_accept([weak = weak_from_this()](error_code error, TcpSocket socket) {
      const auto self = weak.lock();
      if (!self || !self->acceptor_) return;
      if (!error) self->begin(std::move(socket));
      // Without file descriptors accept fails at once, for ever: wait for the next sweep instead of spinning.
      if (error == asio::error::no_descriptors || error == asio::error::no_memory) {
        self->accept_paused_ = true;
      } else {
        self->accept();
      }
    });
  }

  void begin(TcpSocket socket) {
    if (state_->count >= state_->limits.max_connections) return turn_away(std::move(socket));
    ++state_->count;
    std::shared_ptr<void> slot(nullptr, [state = state_](void*) { --state->count; });
    std::string remote = remote_of(socket);
    std::make_shared<HttpConnection>(state_, tcp_stream(std::move(socket)), std::move(remote), std::move(slot))
        ->start();
  }

  // As much as the socket takes without waiting, since a connection above the limit must cost nothing.
  void turn_away(TcpSocket socket) {
    const HttpResponse response = state_->service->refuse({Slug::kOverloaded, "Too many connections.", ""}, "");
    const std::string text = response_head(response, true) + response.body;
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(text), ignored);
    socket.shutdown(asio::socket_base::shutdown_send, ignored);
  }

  void sweep() {
    if (!sweep_) return;
    sweep_->expires_after(sweep_gap(state_->limits));
    sweep_->async_wait([weak = weak_from_this()](error_code error) {
      const auto self = weak.lock();
      if (error || !self) return;
      const auto all = self->state_->connections;  // a copy: who is late leaves the set
      const auto now = Clock::now();
      for (const auto& connection : all) connection->check_deadline(now);
      if (std::exchange(self->accept_paused_, false)) self->accept();
      self->sweep();
    });
  }

  std::shared_ptr<ServerState> state_;
  std::optional<Acceptor> acceptor_;
  std::optional<Timer> sweep_;
  bool accept_paused_ = false;
};

class Server : public HttpServer {
 public:
  Server(std::shared_ptr<ServerState> state, Acceptor acceptor)
      : state_(state), port_(acceptor.local_endpoint().port()) {
    listener_ = std::make_shared<Listener>(std::move(state), std::move(acceptor));
  }
  // When it returns, the service is not called any more.
  ~Server() override {
    state_->core->run_and_wait([this] {
      listener_->shut();
      state_->core->registry.shut(state_.get());
    });
  }

  std::uint16_t port() const override { return port_; }
  void start() override {
    state_->core->post([listener = listener_] { listener->start(); });
  }
  void stop_accepting() override {
    state_->core->post([listener = listener_] { listener->stop_accepting(); });
  }
  std::uint64_t connections() const override { return state_->count; }

 private:
  std::shared_ptr<ServerState> state_;
  std::uint16_t port_;
  std::shared_ptr<Listener> listener_;
};

std::optional<tcp::endpoint> find_endpoint(Executor executor, const std::string& host, std::uint16_t port,
                                           error_code& error) {
  const auto address = asio::ip::make_address(host, error);
  if (!error) return tcp::endpoint(address, port);
  asio::ip::basic_resolver<tcp, Executor> resolver(executor);
  const auto found = resolver.resolve(host, std::to_string(port), asio::ip::resolver_base::passive, error);
  if (error || found.empty()) return std::nullopt;
  return found.begin()->endpoint();
}

}  // namespace

std::variant<std::unique_ptr<HttpServer>, std::string> HttpServer::bind(Io& io, const std::string& host,
                                                                        std::uint16_t port, HttpLimits limits,
                                                                        HttpService& service) {
  auto state = std::make_shared<ServerState>();
  state->core = core_of(io);
  state->limits = limits;
  state->service = &service;
  const auto failed = [&](const error_code& why) {
    return "cannot listen on " + host + ":" + std::to_string(port) + ": " + why.message();
  };
  error_code error;
  const auto endpoint = find_endpoint(state->core->executor(), host, port, error);
  if (!endpoint) return failed(error);
  Acceptor acceptor(state->core->executor());
  acceptor.open(endpoint->protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(*endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return failed(error);
  return std::make_unique<Server>(std::move(state), std::move(acceptor));
}

}  // namespace troth::transport
