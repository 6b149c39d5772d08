#include "coordinator/server/server.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <utility>
#include <vector>

#include "coordinator/server/clock.h"
#include "coordinator/server/compactor.h"
#include "coordinator/server/connections.h"
#include "coordinator/server/engine_thread.h"
#include "coordinator/server/log_line.h"
#include "coordinator/server/metrics.h"
#include "coordinator/server/opened_log.h"
#include "coordinator/server/outcome_desk.h"
#include "coordinator/server/service.h"
#include "coordinator/server/version.h"
#include "proto/transport/http_server.h"
#include "proto/values/messages.h"

namespace troth::server {
namespace {

/// How long a drain waits for replies to be written and for peers to answer the close.
constexpr Millis kGoodbyeMs = 1'500;

class RunningServer final : public Server {
 public:
  RunningServer(const Config& config, const Seams& seams, OpenedLog opened)
      : config_(config),
        before_turn_(seams.before_turn),
        opened_(std::move(opened)),
        log_before_(seams.log ? seams.log(*opened_.log) : nullptr),
        log_(log_before_ ? *log_before_ : *opened_.log),
        exchange_(io_, inbox_),
        outbox_before_(seams.outbox ? seams.outbox(exchange_) : nullptr),
        connections_{io_, inbox_, exchange_, config_.limits, started_.identity, {}, {}},
        service_(connections_, {[this] { return readiness(); },
                                [this](const HttpCounters& http, const SocketCounters& sockets) {
                                  return metrics_text(scrape(), http, sockets);
                                },
                                [this](BackupDesk::Hear hear) { return backup_desk_.begin(std::move(hear)); },
                                [this](std::optional<Lsn> after) { return outcome_desk_.follow(after); }}),
        backup_desk_(*opened_.log, io_),
        outcome_desk_(io_, std::move(opened_.outcomes)) {
    exchange_.on_outcomes([this](engine::OutcomesTold told) { outcome_desk_.hear(std::move(told)); });
  }
  ~RunningServer() override { stop(); }

  void on_signal(std::function<void(int)> handler) {
    io_.on_signal([this, handler = std::move(handler)](int signal) {
      draining_ = true;
      handler(signal);
    });
  }
  std::string bind();
  /// The start began at `begun_due`.
  std::string serve(Millis begun_due);
  const Started& started() const override { return started_; }
  void drain() override;

 private:
  void recover();
  std::string write_port_file() const;
  Readiness readiness() const;
  Scrape scrape() const;
  void close_connections();
  void stop();

  const Config config_;
  const std::function<void(const std::vector<engine::Command>&)> before_turn_;
  OpenedLog opened_;
  const std::unique_ptr<wal::Log> log_before_;  // null: nothing is between
  wal::Log& log_;
  Started started_;
  Inbox inbox_;
  transport::Io io_;
  Exchange exchange_;
  const std::unique_ptr<engine::Outbox> outbox_before_;  // null: nothing is between
  Connections connections_;
  Service service_;
  BackupDesk backup_desk_;
  OutcomeDesk outcome_desk_;
  std::unique_ptr<transport::HttpServer> http_;
  std::unique_ptr<EngineThread> engine_;
  std::unique_ptr<Compactor> compactor_;
  std::atomic<bool> draining_ = false;
  Millis recovery_ms_ = 0;
  bool stopped_ = false;
};

/// Before the epoch, so that a start that cannot bind leaves no trace in the log. Nothing is accepted yet.
std::string RunningServer::bind() {
  transport::HttpLimits limits;
  limits.max_header_bytes = config_.limits.max_header_bytes;
  limits.max_connections = config_.limits.max_connections;
  limits.header_timeout_ms = config_.limits.header_timeout_ms;
  limits.body_timeout_ms = config_.limits.body_timeout_ms;
  limits.idle_timeout_ms = config_.limits.idle_timeout_ms;
  auto bound = transport::HttpServer::bind(io_, config_.host, config_.port, limits, service_);
  if (auto* why = std::get_if<std::string>(&bound)) {
    return "cannot listen on " + config_.host + ":" + std::to_string(config_.port) + ": " + *why;
  }
  http_ = std::move(std::get<std::unique_ptr<transport::HttpServer>>(bound));
  return {};
}

void RunningServer::recover() {
  started_.new_log = opened_.created;
  started_.recovered = opened_.known.live.size();
  for (const auto& [id, live] : opened_.known.live) {
    if (std::holds_alternative<fact::CommitDecided>(live)) ++started_.in_doubt;
  }
  const EpochId epoch = start_epoch(opened_, log_, inbox_);
  started_.identity = {opened_.known.log, epoch, opened_.known.horizon};
  outcome_desk_.hear({{}, opened_.known.last_lsn});
  engine::Options options;
  options.limits = config_.limits;
  options.version = version();
  options.ping_ms = kPingMs;
  options.session_window = kSessionWindow;
  options.max_messages = kMaxMessages;
  auto engine = std::make_unique<engine::Engine>(log_, std::move(opened_.known), epoch, std::move(options), now());
  engine::Outbox& outbox = outbox_before_ ? *outbox_before_ : exchange_;
  const auto on_old_copy = [dir = config_.data_dir] {
    log(Level::kError, "trothd.old_copy", {{"remedy", "trothctl log restore"}});
    try {
      mark_old_copy(dir);
    } catch (const wal::OpenError& error) {  // unready and silent all the same, until somebody starts it again
      log(Level::kError, "trothd.old_copy_not_marked", {{"why", error.message}});
    } catch (const std::exception& error) {
      log(Level::kError, "trothd.old_copy_not_marked", {{"why", error.what()}});
    }
  };
  engine_ = std::make_unique<EngineThread>(inbox_, std::move(engine), outbox, on_old_copy, before_turn_);
  compactor_ = std::make_unique<Compactor>(*opened_.log, log_, config_.limits);
}

std::string RunningServer::serve(Millis begun_due) {
  recover();
  started_.port = http_->port();
  recovery_ms_ = now().due - begun_due;
  http_->start();
  return write_port_file();
}

/// Whoever sees the file sees the whole number, and finds the listener answering.
std::string RunningServer::write_port_file() const {
  if (config_.port_file.empty()) return {};
  const std::string aside = config_.port_file + ".new";
  std::ofstream file(aside, std::ios::trunc);
  file << started_.port << "\n";
  file.close();
  if (!file || std::rename(aside.c_str(), config_.port_file.c_str()) != 0) {
    return "cannot write the port file " + config_.port_file + ": its directory must exist and be writable";
  }
  return {};
}

Readiness RunningServer::readiness() const {
  return {draining_, !opened_.log->has_reserve(), engine_->snapshot().old_copy};
}

/// Io thread.
Scrape RunningServer::scrape() const {
  Scrape scrape;
  scrape.engine = engine_->snapshot().stats;
  scrape.log = opened_.log->stats();
  scrape.log_records_after_set = opened_.log->durable() - scrape.log.cut;
  scrape.compactor = compactor_->stats();
  scrape.now_at = now().at;
  scrape.durable_lsn = opened_.log->durable();
  scrape.recovery_ms = recovery_ms_;
  scrape.recovered = started_.recovered;
  for (const Closable* peer : connections_.open) {
    if (const auto load = peer->load()) scrape.queued[std::string(load->participant)] += load->queued;
  }
  scrape.readiness = readiness();
  scrape.epoch = started_.identity.epoch.epoch;
  scrape.http_connections = http_->connections();
  scrape.inbox = inbox_.backlog();
  return scrape;
}

void RunningServer::drain() {
  draining_ = true;
  const bool quiet = engine_->drain(config_.limits.drain_ms);
  log(quiet ? Level::kInfo : Level::kWarn, "trothd.drained", {{"quiet", quiet}});
  close_connections();
  stop();
}

/// Lets the io thread write what it has, then closes; waits for the peers' answers, but not for ever.
void RunningServer::close_connections() {
  std::mutex mutex;
  std::condition_variable changed;
  const auto open = std::make_shared<std::atomic<std::uint64_t>>(1);
  io_.post([this] {
    http_->stop_accepting();
    outcome_desk_.close();
    const std::vector<Closable*> peers(connections_.open.begin(), connections_.open.end());
    for (Closable* peer : peers) peer->close(session::kCloseDraining, "the coordinator is stopping; connect again");
  });
  const Millis until = now().due + kGoodbyeMs;
  std::unique_lock lock(mutex);
  while (*open > 0 && now().due < until) {
    io_.post([this, open] { *open = connections_.open.size() + http_->connections(); });
    changed.wait_for(lock, std::chrono::milliseconds(5));
  }
}

void RunningServer::stop() {
  if (stopped_) return;
  stopped_ = true;
  io_.stop();  // first: nobody must be told anything that the engine says while the log closes
  if (compactor_) compactor_->stop();
  if (engine_) engine_->stop();
  log_.stop();
}

}  // namespace

std::variant<std::unique_ptr<Server>, StartError> Server::start(const Config& config, Hooks hooks, const Seams& seams) {
  const Millis begun = now().due;
  auto opened = open_log(config, seams.log_options);
  if (auto* error = std::get_if<StartError>(&opened)) return std::move(*error);
  auto& log = std::get<OpenedLog>(opened);
  if (log.created && hooks.on_new_log) hooks.on_new_log(log.known.log);
  auto server = std::make_unique<RunningServer>(config, seams, std::move(log));
  if (hooks.on_signal) server->on_signal(std::move(hooks.on_signal));
  if (std::string why = server->bind(); !why.empty()) return StartError{kExitCannotBind, std::move(why)};
  if (std::string why = server->serve(begun); !why.empty()) return StartError{kExitCannotBind, std::move(why)};
  return server;
}

std::string ready_line(const Config& config, const Started& started, Millis took_ms) {
  const bool v6 = config.host.find(':') != std::string::npos;
  const std::string host = v6 ? "[" + config.host + "]" : config.host;
  return "trothd " + std::string(version()) + " ready on http://" + host + ":" + std::to_string(started.port) +
         " log " + to_text(started.identity.log) + " epoch " + std::to_string(started.identity.epoch.epoch) +
         " recovered " + std::to_string(started.recovered) + " in_doubt " + std::to_string(started.in_doubt) + " in " +
         std::to_string(took_ms) + " ms";
}

}  // namespace troth::server
