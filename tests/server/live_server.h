// tests/server/live_server.h: a whole coordinator in this process (real log, engine and sockets) on a free loopback
// port and in a directory of its own, and clients for it. Everything stops when it goes out of scope.
#pragma once

#include <boost/json/value.hpp>
#include <memory>
#include <string>

#include "coordinator/server/server.h"
#include "proto/transport/http_client.h"

namespace troth::test {

/// A directory that goes when the test does.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Small limits, so that tests reach them.
server::Config test_config(const std::string& dir);

class LiveServer {
 public:
  LiveServer();
  explicit LiveServer(server::Config config);

  server::Server& operator*() { return *server_; }
  const server::Started& started() const { return server_->started(); }
  const server::Config& config() const { return config_; }
  std::uint16_t port() const { return server_->started().port; }
  transport::Io& io() { return io_; }

  transport::HttpResult get(const std::string& target);
  /// A body goes as JSON.
  transport::HttpResult post(const std::string& target, const std::string& body = {},
                             transport::Headers more_headers = {});
  transport::HttpResult call(const std::string& method, const std::string& target, transport::Headers headers,
                             const std::string& body);
  /// Begins a transaction with `body` and returns its id.
  std::string begin(const std::string& body = "{}");
  /// The value of a sample in /metrics, as `troth_ready` or `troth_x{a="b"}`; -1: not there.
  double metric(const std::string& sample);
  /// Polls until `holds`, at most 10 s.
  template <class Condition>
  bool eventually(Condition holds);

  void stop() { server_.reset(); }
  void restart();

 private:
  std::unique_ptr<TemporaryDirectory> directory_ = std::make_unique<TemporaryDirectory>();
  server::Config config_;
  std::unique_ptr<server::Server> server_;
  transport::Io io_;
  std::unique_ptr<transport::HttpClient> client_;
};

/// `{"type":…,"phase":…}`: the member as text, `null` as such; empty when there is none.
std::string member(const std::string& json, const std::string& name);
std::string header(const transport::HttpResult& result, const std::string& name);
/// Sends these bytes on a connection of their own and returns what came until the server closed it.
std::string raw_exchange(std::uint16_t port, const std::string& bytes);

/// Between two looks at a state that only /metrics or a route shows.
void poll_pause();

template <class Condition>
bool LiveServer::eventually(Condition holds) {
  for (int i = 0; i < 3'000; ++i) {
    if (holds()) return true;
    poll_pause();
  }
  return false;
}

}  // namespace troth::test
