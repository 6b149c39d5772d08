// `log backup`: the log of a running trothd into a file, proven before it gets its name.
#include <boost/json/object.hpp>
#include <filesystem>
#include <memory>

#include "coordinator/ctl/commands.h"
#include "coordinator/ctl/print.h"
#include "coordinator/ctl/problem.h"
#include "proto/transport/http_download.h"
#include "recovery/examine.h"
#include "wal/files.h"

namespace troth::ctl {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

/// The copy is made before the first byte comes, which takes as long as the log is large.
constexpr Millis kSilenceMs = 600'000;

/// The file while it is not proven yet: `<file>.part`, gone again unless it was kept.
class Part {
 public:
  explicit Part(const fs::path& path)
      : folder_(wal::Directory::open_any(path.parent_path().string())),
        name_(path.filename().string()),
        file_(folder_.open(part(), wal::OpenFor::kReplacing)) {}
  ~Part() {
    try {
      if (!kept_) folder_.remove(part());
    } catch (const std::exception&) {
      // What was wrong before is said; a part that stays is overwritten by the next try.
    }
  }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

  bool take(std::string_view piece) {
    try {
      file_->write(size_, piece);
    } catch (const std::exception& error) {
      why_ = error.what();
      return false;
    }
    size_ += piece.size();
    return true;
  }
  void sync() { file_->sync(); }
  void keep() {
    folder_.rename(part(), name_);
    folder_.sync();
    kept_ = true;
  }
  std::string path() const { return folder_.path_of(part()); }
  std::uint64_t size() const { return size_; }
  const std::string& why() const { return why_; }

 private:
  std::string part() const { return name_ + ".part"; }
  wal::Directory folder_;
  std::string name_;
  std::unique_ptr<wal::File> file_;
  std::uint64_t size_ = 0;
  std::string why_;
  bool kept_ = false;
};

int fail(Terminal& terminal, int code, const std::string& what) {
  terminal.err << "error: " << what << "\n";
  return code;
}

void report(const LogBackup& command, const recovery::Examined& examined, std::uint64_t bytes, Terminal& terminal) {
  const auto& file = *recovery::file_that_counts(examined);
  const wal::Meta& meta = *file.found.meta;
  if (command.format == Format::kJson) {
    return json_line(terminal.out, json::object{{"file", command.to},
                                                {"bytes", bytes},
                                                {"logId", to_text(meta.log_id)},
                                                {"lastEpoch", json_epoch(file.last_epoch)},
                                                {"lsn", meta.backup->end.lsn},
                                                {"at", json_time(meta.backup->at)}});
  }
  line(terminal.out, "backup", command.to + ", " + count_of(bytes, "byte"));
  line(terminal.out, "log", to_text(meta.log_id));
  line(terminal.out, "ends at", "epoch " + text_of(file.last_epoch) + ", LSN " + std::to_string(meta.backup->end.lsn));
}

}  // namespace

int run(const LogBackup& command, Invocation& invocation) {
  Terminal& terminal = invocation.terminal;
  const fs::path path = fs::absolute(command.to);
  if (fs::exists(path))
    return fail(terminal, kExitUsage, command.to + ": it is there already; name a new file with --to");
  if (!fs::is_directory(path.parent_path())) {
    return fail(terminal, kExitUsage, path.parent_path().string() + ": there is no such directory");
  }
  Part part(path);
  transport::Io io;
  Answer answer;
  for (const std::string& endpoint : command.endpoints) {
    auto result = transport::download(io, endpoint, "POST", "/v1/log/backup", kSilenceMs,
                                      [&part](std::string_view piece) { return part.take(piece); });
    answer = answer_of(std::move(result), endpoint, false);
    if (answer.status != 0 || part.size() != 0) break;
  }
  if (!part.why().empty()) return fail(terminal, kExitUnreachable, part.why());
  if (answer.status == 0 && part.size() != 0) {
    return fail(terminal, kExitUnreachable, "the backup is not whole: " + answer.error);
  }
  if (answer.status != 200) return fail(invocation, answer);
  part.sync();
  const recovery::Examined examined = recovery::examine(part.path());
  if (!examined.is_sound()) {
    return fail(terminal, kExitRefused,
                recovery::file_that_counts(examined)->found.damage.front() + "; the backup was not kept, take another");
  }
  part.keep();
  report(command, examined, part.size(), terminal);
  return kExitOk;
}

}  // namespace troth::ctl
