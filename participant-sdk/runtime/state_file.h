// participant-sdk/runtime/state_file.h: what a participant has seen of logs, for resources that do not keep it
// themselves. A line of text per log between a heading and a checksum; replaced as a whole (written beside, synced,
// renamed, directory synced), so that a crash leaves the old file or the new one:
//
//   troth-seen 1
//   07q2m9xw4e3ta 3 1fk2mzq 118204        log id, epoch, nonce, highest LSN
//   check 0f3c9a52d1e07b46                FNV-1a of all bytes before this line
#pragma once

#include <troth/participant.h>

#include <functional>
#include <string>
#include <vector>

namespace troth::sdk {

class StateFile {
 public:
  explicit StateFile(std::string path) : path_(std::move(path)) {}
  /// Nothing when there is no file yet. Throws std::runtime_error, naming file and remedy, when it cannot be trusted:
  /// to go on with an empty memory would take the fence away.
  std::vector<Seen> load() const;
  /// Loads, lets `change` edit, and saves; of several processes or threads one at a time (a lock on `<path>.lock`), so
  /// that nothing another one wrote is lost. Returns what is in the file then. Durable when it returns; throws
  /// std::runtime_error when that failed (the file is then the old or the new one).
  std::vector<Seen> update(const std::function<void(std::vector<Seen>&)>& change) const;

 private:
  void save(const std::vector<Seen>& seen) const;

  std::string path_;
};

}  // namespace troth::sdk
