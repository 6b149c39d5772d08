// coordinator/server/server.h: a coordinator in this process: log, engine, listener. `trothd` is one of it; tests run
// several.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "coordinator/engine/engine.h"
#include "coordinator/server/config.h"
#include "coordinator/server/identity.h"
#include "wal/sqlite_log.h"

namespace troth::server {

/// Why it did not start: one line, and the exit code of api.md.
struct StartError {
  int exit_code = 1;
  std::string message;
};
inline constexpr int kExitCannotBind = 1;

/// What the ready line says.
struct Started {
  Identity identity;
  std::uint16_t port = 0;
  bool new_log = false;
  std::size_t recovered = 0;  // transactions that are not over
  std::size_t in_doubt = 0;   // of these, decided ones that not every branch has acknowledged
};

/// What who starts a server wants to hear; both may be empty.
struct Hooks {
  /// A new log was made. Before anything else happens with it.
  std::function<void(LogId)> on_new_log;
  /// For each SIGTERM and SIGINT, on the io thread, from before the port is told to anybody; from the first on
  /// `/readyz` answers 503. Empty: signals are left alone.
  std::function<void(int)> on_signal;
};

/// Where something may be put between the parts of a server: tests put decorators there, the product nothing. What is
/// empty changes nothing.
struct Seams {
  /// Changes how the log is opened, and on which file system.
  std::function<void(wal::OpenOptions&)> log_options;
  /// What everybody appends to instead of the opened log, which it wraps and which outlives it.
  std::function<std::unique_ptr<wal::Log>(wal::Log& opened)> log;
  /// Where the engine's messages go instead of to `exchange`, which it wraps and which outlives it.
  std::function<std::unique_ptr<engine::Outbox>(engine::Outbox& exchange)> outbox;
  /// Sees what came in, on the engine's thread, before each turn that is given it.
  std::function<void(const std::vector<engine::Command>&)> before_turn;
};

class Server {
 public:
  /// Opens the log, recovers, makes the new epoch durable, and only then answers anybody.
  static std::variant<std::unique_ptr<Server>, StartError> start(const Config& config, Hooks hooks = {},
                                                                 const Seams& seams = {});
  virtual ~Server() = default;  // as a crash would, if `drain` did not come first; but the log closes in order

  virtual const Started& started() const = 0;
  /// Refuses new transactions, lets running ones be decided (at most drain-ms), answers who waits, closes the sessions
  /// (4503) and the log. What is not decided then is presumed aborted at the next start. Not from the io thread; once.
  virtual void drain() = 0;
};

/// The ready line of api.md.
std::string ready_line(const Config& config, const Started& started, Millis took_ms);

}  // namespace troth::server
