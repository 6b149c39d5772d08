#include "participant-sdk/runtime/state_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>

namespace troth::sdk {
namespace {

constexpr std::string_view kHeading = "troth-seen 1\n";
constexpr std::string_view kCheck = "check ";

std::string check_of(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

std::string encode(const std::vector<Seen>& all) {
  std::string text(kHeading);
  for (const Seen& seen : all) {
    text += to_text(seen.log) + ' ' + std::to_string(seen.epoch) + ' ' + nonce_to_text(seen.nonce) + ' ' +
            std::to_string(seen.lsn) + '\n';
  }
  return text + std::string(kCheck) + check_of(text) + '\n';
}

/// A line is what the start of an id is made of: parsed as an id, it is held to the same form.
std::optional<Seen> parse_line(const std::string& line) {
  std::istringstream words(line);
  std::string log, epoch, nonce, lsn, more;
  if (!(words >> log >> epoch >> nonce >> lsn) || words >> more) return std::nullopt;
  const auto id = parse_transaction_id(log + "-0-" + epoch + "-" + nonce + "-1");
  Seen seen;
  const auto [end, error] = std::from_chars(lsn.data(), lsn.data() + lsn.size(), seen.lsn);
  if (!id || error != std::errc{} || end != lsn.data() + lsn.size()) return std::nullopt;
  seen.log = id->log;
  seen.epoch = id->epoch.epoch;
  seen.nonce = id->epoch.nonce;
  return seen;
}

std::optional<std::vector<Seen>> decode(std::string_view text) {
  const auto check_at = text.rfind(kCheck);
  if (!text.starts_with(kHeading) || check_at == std::string_view::npos) return std::nullopt;
  const auto body = text.substr(0, check_at);
  if (text.substr(check_at) != std::string(kCheck) + check_of(body) + '\n') return std::nullopt;
  std::istringstream lines{std::string(body.substr(kHeading.size()))};
  std::vector<Seen> all;
  for (std::string line; std::getline(lines, line);) {
    const auto seen = parse_line(line);
    if (!seen) return std::nullopt;
    all.push_back(*seen);
  }
  return all;
}

[[noreturn]] void fail(const std::string& what, const std::string& path) {
  throw std::runtime_error("state file: cannot " + what + " " + path + ": " + std::strerror(errno));
}

/// Syncs what `path` names; a directory, too.
void sync_path(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  if (fd < 0) fail("open", path);
  const int result = ::fsync(fd);
  ::close(fd);
  if (result != 0) fail("sync", path);
}

/// Keeps other processes and threads away while it lives. A file of its own: the other one is replaced.
class Lock {
 public:
  explicit Lock(const std::string& path) : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (fd_ < 0) fail("open", path);
    while (::flock(fd_, LOCK_EX) != 0) {
      if (errno == EINTR) continue;
      ::close(fd_);
      fail("lock", path);
    }
  }
  ~Lock() { ::close(fd_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  int fd_;
};

void write_new(const std::string& path, std::string_view bytes) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) fail("write", path);
  while (!bytes.empty()) {
    const auto written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      ::close(fd);
      fail("write", path);
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  ::close(fd);
}

}  // namespace

std::vector<Seen> StateFile::load() const {
  std::ifstream file(path_, std::ios::binary);
  if (!file) {
    if (errno == ENOENT) return {};
    fail("read", path_);
  }
  std::ostringstream bytes;
  bytes << file.rdbuf();
  const auto seen = decode(bytes.str());
  if (!seen) {
    throw std::runtime_error("state file " + path_ +
                             " is damaged: it guards against an old coordinator; restore it, or remove it if you know "
                             "that no older copy of the coordinator's log can be running");
  }
  return *seen;
}

std::vector<Seen> StateFile::update(const std::function<void(std::vector<Seen>&)>& change) const {
  const Lock lock(path_ + ".lock");
  auto seen = load();
  change(seen);
  save(seen);
  return seen;
}

void StateFile::save(const std::vector<Seen>& seen) const {
  const std::string beside = path_ + ".new";
  write_new(beside, encode(seen));
  sync_path(beside, O_RDONLY);
  if (std::rename(beside.c_str(), path_.c_str()) != 0) fail("replace", path_);
  const auto directory = std::filesystem::path(path_).parent_path();
  sync_path(directory.empty() ? "." : directory.string(), O_RDONLY | O_DIRECTORY);
}

}  // namespace troth::sdk
