#include "tests/server/live_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace troth::test {

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "troth-server-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

server::Config test_config(const std::string& dir) {
  server::Config config;
  config.data_dir = dir;
  config.port = 0;
  config.limits.ballast_bytes = 0;
  config.limits.max_wait_ms = 2'000;
  config.limits.drain_ms = 5'000;
  config.limits.max_branches = 4;
  config.limits.max_body_bytes = 8'192;
  config.limits.max_payload_bytes = 1'024;
  config.limits.max_header_bytes = 1'024;
  config.limits.header_timeout_ms = 300;
  return config;
}

LiveServer::LiveServer() : config_(test_config(directory_->path())) {
  restart();
}

LiveServer::LiveServer(server::Config config) : config_(std::move(config)) {
  config_.data_dir = directory_->path();
  restart();
}

void LiveServer::restart() {
  client_.reset();
  server_.reset();
  auto started = server::Server::start(config_);
  if (auto* error = std::get_if<server::StartError>(&started)) throw std::runtime_error(error->message);
  server_ = std::move(std::get<std::unique_ptr<server::Server>>(started));
  client_ = std::make_unique<transport::HttpClient>(io_, "http://127.0.0.1:" + std::to_string(port()));
}

transport::HttpResult LiveServer::call(const std::string& method, const std::string& target, transport::Headers headers,
                                       const std::string& body) {
  return client_->call(method, target, std::move(headers), body, 10'000);
}

transport::HttpResult LiveServer::get(const std::string& target) {
  return call("GET", target, {}, {});
}

transport::HttpResult LiveServer::post(const std::string& target, const std::string& body, transport::Headers more) {
  if (!body.empty()) more.emplace_back("content-type", "application/json");
  return call("POST", target, std::move(more), body);
}

std::string LiveServer::begin(const std::string& body) {
  return member(post("/v1/transactions", body).body, "id");
}

double LiveServer::metric(const std::string& sample) {
  const std::string text = "\n" + get("/metrics").body;
  const auto at = text.find("\n" + sample + " ");
  return at == text.npos ? -1 : std::strtod(text.c_str() + at + sample.size() + 2, nullptr);
}

std::string member(const std::string& json, const std::string& name) {
  boost::json::error_code error;
  const auto value = boost::json::parse(json, error);
  if (error || !value.is_object() || !value.as_object().contains(name)) return {};
  const auto& found = value.as_object().at(name);
  return found.is_string() ? std::string(found.as_string()) : boost::json::serialize(found);
}

std::string header(const transport::HttpResult& result, const std::string& name) {
  for (const auto& [key, value] : result.headers) {
    if (key == name) return value;
  }
  return {};
}

std::string raw_exchange(std::uint16_t port, const std::string& bytes) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size())) {
    char buffer[4096];
    pollfd ready{fd, POLLIN, 0};
    while (poll(&ready, 1, 10'000) == 1) {
      const ssize_t count = recv(fd, buffer, sizeof buffer, 0);
      if (count <= 0) break;
      answer.append(buffer, static_cast<std::size_t>(count));
    }
  }
  close(fd);
  return answer;
}

void poll_pause() {
  poll(nullptr, 0, 10);
}

}  // namespace troth::test
