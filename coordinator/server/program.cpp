#include "coordinator/server/program.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <future>

#include "coordinator/server/clock.h"
#include "coordinator/server/command_line.h"
#include "coordinator/server/log_line.h"
#include "coordinator/server/notify.h"

namespace troth::server {
namespace {

void say(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

int serve(const Config& config, const Seams& seams) {
  const Millis begun = now().due;
  std::promise<int> stop;
  Hooks hooks;
  hooks.on_new_log = [&](LogId id) { say("trothd made a new log " + to_text(id) + " in " + config.data_dir); };
  hooks.on_signal = [&stop, signals = 0](int signal) mutable {
    // A second signal is impatience: what a kill -9 would leave is as safe.
    if (++signals > 1) std::_Exit(128 + signal);
    stop.set_value(signal);
  };
  auto result = Server::start(config, std::move(hooks), seams);
  if (const auto* error = std::get_if<StartError>(&result)) {
    std::fprintf(stderr, "trothd: %s\n", error->message.c_str());
    return error->exit_code;
  }
  auto& server = *std::get<std::unique_ptr<Server>>(result);
  const Millis took = now().due - begun;
  const std::string ready = ready_line(config, server.started(), took);
  say(ready);
  notify_ready(ready);
  log(Level::kInfo, "trothd.ready",
      {{"port", std::uint64_t{server.started().port}},
       {"epoch", std::uint64_t{server.started().identity.epoch.epoch}},
       {"recovered", std::uint64_t{server.started().recovered}},
       {"took_ms", std::int64_t{took}}});
  const int signal = stop.get_future().get();
  notify_stopping(config.limits.drain_ms);
  log(Level::kInfo, "trothd.draining", {{"signal", std::int64_t{signal}}});
  server.drain();
  log(Level::kInfo, "trothd.stopped");
  return 0;
}

}  // namespace

int run_trothd(int argc, char** argv, const Seams& seams) {
  // Who reads our output may go away, a file may reach its limit, a terminal may close: none of that stops a
  // coordinator.
  for (const int signal : {SIGPIPE, SIGXFSZ, SIGHUP}) std::signal(signal, SIG_IGN);
  auto read = read_command_line(argc, argv, [](const char* name) -> const char* { return std::getenv(name); });
  if (const auto* leave = std::get_if<Leave>(&read)) {
    std::fputs(leave->out.c_str(), stdout);
    std::fputs(leave->err.c_str(), stderr);
    return leave->exit_code;
  }
  const auto& config = std::get<Config>(read);
  set_up_logs(config.log_level, config.log_format);
  return serve(config, seams);
}

}  // namespace troth::server
