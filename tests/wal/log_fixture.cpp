#include "tests/wal/log_fixture.h"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>

namespace troth::wal {

Record record_of(const std::string& body, bool forced) {
  Record record{7, body, "", forced};
  if (body.starts_with("key:")) record.key = body.substr(4, body.find('|') - 4);
  return record;
}

std::vector<std::string> numbered(const std::string& word, int count) {
  std::vector<std::string> bodies;
  for (int i = 0; i < count; ++i) bodies.push_back(word + " " + std::to_string(i));
  return bodies;
}

std::string Memory::see(const Stored& record) {
  if (!refuse.empty()) return refuse;
  lsns.push_back(record.lsn);
  Record copy = record_of(std::string(record.body));
  copy.kind = record.kind;
  records.push_back(copy);
  return "";
}

Lsn Memory::rebuilt(Lsn cut, const std::function<void(const Record&)>& add) {
  for (const Record& record : records) {
    if (record.kind != kCheckpointKind) add(record);
  }
  add({kCheckpointKind, std::to_string(cut), "", true});
  return keys_upto;
}

void Memory::reset() {
  lsns.clear();
  records.clear();
  ++resets;
}

std::vector<std::string> Memory::bodies() const {
  std::vector<std::string> all;
  for (const Record& record : records) {
    if (record.kind != kCheckpointKind) all.push_back(record.body);
  }
  return all;
}

OpenOptions options_for(const std::string& dir) {
  OpenOptions options;
  options.dir = dir;
  options.ballast_bytes = 65536;
  options.reserve_bytes = 0;
  return options;
}

SqliteLog::Opened open_log(const std::string& dir, Memory& memory) {
  auto result = SqliteLog::open(options_for(dir), memory);
  if (const auto* error = std::get_if<OpenError>(&result)) {
    ADD_FAILURE() << "the log did not open: " << error->exit_code << " " << error->message;
    throw std::runtime_error(error->message);
  }
  return std::move(std::get<SqliteLog::Opened>(result));
}

OpenError refusal(const OpenOptions& options) {
  Memory memory;
  auto result = SqliteLog::open(options, memory);
  if (const auto* error = std::get_if<OpenError>(&result)) {
    EXPECT_EQ(error->message.find('\n'), std::string::npos) << "more than one line: " << error->message;
    return *error;
  }
  ADD_FAILURE() << "the log opened";
  return {};
}
OpenError refusal(const std::string& dir) {
  return refusal(options_for(dir));
}

Progress::Progress(Log& log) : log_(log) {
  log.on_progress([shared = shared_] {
    const std::lock_guard lock(shared->mutex);
    shared->changed.notify_all();
  });
}

void Progress::wait_until(const std::function<bool()>& done) {
  std::unique_lock lock(shared_->mutex);
  if (!shared_->changed.wait_for(lock, std::chrono::seconds(30), done))
    throw std::runtime_error("the log made no progress");
}

void Progress::wait_durable(Lsn lsn) {
  wait_until([&] { return log_.durable() >= lsn; });
}

std::vector<Found> Progress::wait_found(std::size_t count) {
  std::vector<Found> all;
  wait_until([&] {
    auto some = log_.take_found();
    std::move(some.begin(), some.end(), std::back_inserter(all));
    return all.size() >= count;
  });
  return all;
}

void append_durably(Log& log, const std::vector<std::string>& bodies) {
  Progress progress(log);
  Lsn last = log.durable();
  for (const std::string& body : bodies) {
    const Record record = record_of(body);
    last = log.append({&record, 1});
  }
  progress.wait_durable(last);
  log.stop();
}

void make_log(const std::string& dir, const std::vector<std::string>& bodies) {
  Memory memory;
  append_durably(*open_log(dir, memory).log, bodies);
}

void make_killed_log(const std::string& dir, const std::vector<std::string>& bodies) {
  const int code = run_child([&] {
    Memory memory;
    auto opened = open_log(dir, memory);
    Progress progress(*opened.log);
    Lsn last = 0;
    for (const std::string& body : bodies) {
      const Record record = record_of(body);
      last = opened.log->append({&record, 1});
      progress.wait_durable(last);
    }
    ::kill(::getpid(), SIGKILL);
    return 1;
  });
  ASSERT_EQ(code, -SIGKILL);
}

int run_child(const std::function<int()>& body, std::string* said) {
  int ends[2];
  if (::pipe(ends) != 0) return -1000;
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    if (said != nullptr) ::dup2(ends[1], STDERR_FILENO);
    int code = 120;
    try {
      code = body();
    } catch (const std::exception&) {
    }
    ::_exit(code);
  }
  ::close(ends[1]);
  char bytes[4096];
  for (ssize_t got = 0; (got = ::read(ends[0], bytes, sizeof bytes)) > 0;) {
    if (said != nullptr) said->append(bytes, static_cast<std::size_t>(got));
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace troth::wal
