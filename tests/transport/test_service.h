// tests/transport/test_service.h: a service whose behaviour a test sets, and a server around it on a free loopback
// port.
#pragma once

#include <condition_variable>
#include <mutex>

#include "proto/transport/http_server.h"

namespace troth::test {

using namespace transport;  // NOLINT: tests of that namespace

/// Echoes; `/hold` keeps its answer until `release`; `/throw` throws; `/drop` forgets to answer. Bodies up to 1,000.
class TestService : public HttpService {
 public:
  std::variant<std::uint64_t, HttpResponse> admit(const HttpHead& head) override {
    if (head.path == "/nowhere") return refuse({Slug::kNoSuchRoute, "No such route.", ""}, head.path);
    return std::uint64_t{1'000};
  }

  std::function<void()> serve(HttpRequest request, Respond respond) override {
    if (request.head.path == "/throw") throw std::runtime_error("thrown by a service");
    std::lock_guard lock(mutex_);
    served_.push_back(request);
    changed_.notify_all();
    if (request.head.path == "/drop") return {};
    if (request.head.path == "/hold") {
      held_.push_back(std::move(respond));
      return [this] {
        std::lock_guard inner(mutex_);
        ++abandoned_;
        changed_.notify_all();
      };
    }
    HttpResponse response;
    response.content_type = "text/plain";
    response.body = request.head.method + " " + request.head.path + "?" + request.head.query + " " + request.body;
    respond(std::move(response));
    return {};
  }

  std::variant<Upgrade, HttpResponse> upgrade(const HttpHead& head) override {
    if (!on_upgrade) return refuse({Slug::kNoSuchRoute, "No WebSocket here.", ""}, head.path);
    return on_upgrade(head);
  }

  HttpResponse refuse(const Problem& problem, std::string_view) override {
    HttpResponse response;
    response.status = info(problem.slug).status;
    response.content_type = "application/problem+json";
    response.body = info(problem.slug).text;
    return response;
  }

  std::function<std::variant<Upgrade, HttpResponse>(const HttpHead&)> on_upgrade;

  std::size_t served() {
    std::lock_guard lock(mutex_);
    return served_.size();
  }
  HttpRequest last() {
    std::lock_guard lock(mutex_);
    return served_.empty() ? HttpRequest() : served_.back();
  }
  bool wait_served(std::size_t number) {
    return wait([&] { return served_.size() >= number; });
  }
  bool wait_abandoned(int number) {
    return wait([&] { return abandoned_ >= number; });
  }
  int abandoned() {
    std::lock_guard lock(mutex_);
    return abandoned_;
  }

  /// Answers, or with `drop` lets go of, what is held; from the thread of the test.
  void release(bool drop = false) {
    std::vector<Respond> held;
    {
      std::lock_guard lock(mutex_);
      held.swap(held_);
    }
    HttpResponse response;
    response.body = "released";
    for (auto& respond : held) {
      if (!drop) respond(response);
    }
  }

 private:
  template <typename Condition>
  bool wait(const Condition& holds) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), holds);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<HttpRequest> served_;
  std::vector<Respond> held_;
  int abandoned_ = 0;
};

/// Declared in this order: the server goes first, then what it uses.
struct RunningServer {
  explicit RunningServer(HttpLimits limits = {}) {
    auto bound = HttpServer::bind(io, "127.0.0.1", 0, limits, service);
    server = std::move(std::get<std::unique_ptr<HttpServer>>(bound));
    server->start();
  }
  std::uint16_t port() const { return server->port(); }

  TestService service;
  Io io;
  std::unique_ptr<HttpServer> server;
};

}  // namespace troth::test
