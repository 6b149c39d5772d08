#include "proto/transport/http_client.h"

#include <algorithm>
#include <cassert>
#include <deque>
#include <future>
#include <vector>

#include "proto/transport/http_exchange.h"
#include "proto/transport/response_text.h"

namespace troth::transport {
namespace {

struct Call {
  explicit Call(Executor executor) : timer(executor) {}
  std::string request;
  bool is_head = false;
  Millis deadline_ms = 0;
  std::function<void(HttpResult)> done;
  Timer timer;
  std::shared_ptr<HttpExchange> exchange;  // null while waiting for one
};

HttpResult failed(std::string why, bool sent = false) {
  HttpResult result;
  result.error = std::move(why);
  result.sent = sent;
  return result;
}

std::string request_text(const Url& url, const std::string& method, const std::string& target, const Headers& headers,
                         const std::string& body) {
  std::string text = method + " " + target + " HTTP/1.1\r\nHost: " + url.authority + "\r\n";
  for (const auto& [name, value] : headers) text.append(name).append(": ").append(value).append("\r\n");
  if (!body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
    text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  }
  return text.append("\r\n").append(body);
}

// What would let a caller's string become another request.
const char* flaw(const std::string& method, const std::string& target, const Headers& headers) {
  if (!is_safe_header(method, "")) return "the method is not a word";
  if (target.empty() || target.front() != '/' || !is_safe_header("target", target)) return "the target is not a path";
  if (target.find_first_of(" \t") != std::string::npos) return "the target holds a space";
  const bool safe = std::all_of(headers.begin(), headers.end(),
                                [](const auto& field) { return is_safe_header(field.first, field.second); });
  return safe ? nullptr : "a header holds a line break or has no proper name";
}

}  // namespace

struct HttpClient::Impl : public Closable, public std::enable_shared_from_this<Impl> {
  Impl(std::shared_ptr<IoCore> io_core, std::string base, std::size_t most)
      : core(std::move(io_core)), base_url(std::move(base)), url(parse_url(base_url, "http")), max_connections(most) {}

  void begin(const std::shared_ptr<Call>& call) {
    if (closed) return call->done(failed("stopped"));
    if (!registered) core->registry.add(this);
    registered = true;
    call->timer.expires_after(std::chrono::milliseconds(call->deadline_ms));
    call->timer.async_wait([self = shared_from_this(), call](error_code error) {
      if (!error) self->give_up(call, "no answer within " + std::to_string(call->deadline_ms) + " ms");
    });
    waiting.push_back(call);
    pump();
  }

  // Gives connections to those who wait, in order.
  void pump() {
    while (!waiting.empty() && running.size() < max_connections) {
      const auto call = waiting.front();
      waiting.pop_front();
      running.push_back(call);
      call->exchange = take_exchange();
      call->exchange->run(std::move(call->request), call->is_head,
                          [self = shared_from_this(), call](HttpResult result, bool reusable) {
                            if (reusable && !self->closed) self->idle.push_back(call->exchange);
                            self->finish(call, std::move(result));
                          });
    }
  }

  std::shared_ptr<HttpExchange> take_exchange() {
    while (!idle.empty()) {
      auto exchange = idle.back();  // the youngest: the least likely to have been closed meanwhile
      idle.pop_back();
      if (exchange->idle_and_good()) return exchange;
      exchange->close();
    }
    return new_exchange(core->executor(), *url);
  }

  void give_up(const std::shared_ptr<Call>& call, const std::string& why) {
    const bool sent = call->exchange && call->exchange->sent();
    if (call->exchange) call->exchange->close();
    finish(call, failed(why, sent));
  }

  void finish(const std::shared_ptr<Call>& call, HttpResult result) {
    if (!call->done) return;
    call->timer.cancel();
    call->exchange.reset();
    std::erase(waiting, call);
    std::erase(running, call);
    const auto done = std::move(call->done);
    call->done = nullptr;
    done(std::move(result));
    if (!closed) pump();
  }

  void shut() override {
    const auto self = shared_from_this();
    closed = true;
    core->registry.remove(this);
    for (const auto& exchange : std::exchange(idle, {})) exchange->close();
    std::vector<std::shared_ptr<Call>> all(running.begin(), running.end());
    all.insert(all.end(), waiting.begin(), waiting.end());
    for (const auto& call : all) give_up(call, "stopped");
  }

  std::shared_ptr<IoCore> core;
  std::string base_url;
  std::optional<Url> url;
  std::size_t max_connections;
  // Io thread only from here on.
  bool registered = false;
  bool closed = false;
  std::vector<std::shared_ptr<HttpExchange>> idle;
  std::deque<std::shared_ptr<Call>> waiting;
  std::deque<std::shared_ptr<Call>> running;
};

HttpClient::HttpClient(Io& io, std::string base_url, std::size_t max_connections)
    : impl_(std::make_shared<Impl>(core_of(io), std::move(base_url), std::max<std::size_t>(1, max_connections))) {}

HttpClient::~HttpClient() {
  impl_->core->run_and_wait([this] { impl_->shut(); });
}

void HttpClient::call(std::string method, std::string target, Headers headers, std::string body, Millis deadline_ms,
                      std::function<void(HttpResult)> done) {
  auto shared_done = std::make_shared<std::function<void(HttpResult)>>(std::move(done));
  const bool posted =
      impl_->core->post([impl = impl_, method = std::move(method), target = std::move(target),
                         headers = std::move(headers), body = std::move(body), deadline_ms, shared_done] {
        if (!impl->url) return (*shared_done)(failed("not an http:// address: " + impl->base_url));
        if (const char* why = flaw(method, target, headers)) return (*shared_done)(failed(why));
        auto call = std::make_shared<Call>(impl->core->executor());
        call->request = request_text(*impl->url, method, target, headers, body);
        call->is_head = method == "HEAD";
        call->deadline_ms = deadline_ms;
        call->done = std::move(*shared_done);
        impl->begin(call);
      });
  if (!posted) (*shared_done)(failed("stopped"));  // there is no io thread any more to tell it on
}

HttpResult HttpClient::call(std::string method, std::string target, Headers headers, std::string body,
                            Millis deadline_ms) {
  assert(!impl_->core->on_io_thread());  // it would wait for itself
  std::promise<HttpResult> promise;
  call(std::move(method), std::move(target), std::move(headers), std::move(body), deadline_ms,
       [&promise](HttpResult result) { promise.set_value(std::move(result)); });
  return promise.get_future().get();
}

}  // namespace troth::transport
