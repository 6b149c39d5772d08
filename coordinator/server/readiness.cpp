#include "coordinator/server/readiness.h"

namespace troth::server {
namespace {

constexpr const char* kOldCopy = "runs on an old copy of its log; run `trothctl log restore`";
constexpr const char* kDiskFull = "the log's disk is nearly full; new transactions wait until there is space";
constexpr const char* kDraining = "is stopping; send new transactions in a moment";

std::string line(std::string_view check, bool failed, std::string_view why) {
  return (failed ? "[-]" : "[+]") + std::string(check) + " " + std::string(failed ? why : "ok") + "\n";
}

}  // namespace

std::optional<Problem> unready(const Readiness& readiness) {
  if (readiness.old_copy) return Problem{Slug::kStarting, std::string("The coordinator ") + kOldCopy + ".", {}};
  if (readiness.draining) return Problem{Slug::kDraining, std::string("The coordinator ") + kDraining + ".", {}};
  if (readiness.disk_full) return Problem{Slug::kDiskFull, std::string(kDiskFull) + ".", {}};
  return std::nullopt;
}

std::string verbose(const Readiness& readiness) {
  return line("log", readiness.old_copy, kOldCopy) + line("disk", readiness.disk_full, kDiskFull) +
         line("draining", readiness.draining, kDraining) + (unready(readiness) ? "not ready\n" : "ready\n");
}

}  // namespace troth::server
