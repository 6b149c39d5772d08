// coordinator/server/backup_desk.h: `POST /v1/log/backup`: a copy of the running log, proven before it is offered, and
// read from the disk as its client takes it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <variant>

#include "proto/transport/http_server.h"
#include "proto/transport/io.h"
#include "wal/sqlite_log.h"

namespace troth::server {

/// One backup is made at a time, on a thread of its own; copies that are still being sent are not counted. The io thread calls it; it must not outlive the log or the io.
class BackupDesk {
 public:
  using Copied = std::variant<std::shared_ptr<transport::BodySource>, Problem>;
  using Hear = std::function<void(Copied)>;

  BackupDesk(wal::SqliteLog& log, transport::Io& io) : log_(log), io_(io) {}
  ~BackupDesk();  // gives up and waits

  /// `hear` is called once, on the io thread. The returned function says that nobody listens any more: the copy is
  /// given up and deleted.
  std::function<void()> begin(Hear hear);

 private:
  struct Job {
    std::atomic<bool> given_up = false;
    std::atomic<bool> ended = false;
  };
  Copied copy(const Job& job);

  wal::SqliteLog& log_;
  transport::Io& io_;
  std::shared_ptr<Job> job_ = nullptr;  // the latest
  std::thread thread_;
};

}  // namespace troth::server
