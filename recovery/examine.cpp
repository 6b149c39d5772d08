#include "recovery/examine.h"

#include <algorithm>
#include <filesystem>

#include "proto/codec/record_codec.h"
#include "wal/generations.h"
#include "wal/sqlite_log.h"

namespace troth::recovery {
namespace {

namespace fs = std::filesystem;

/// Counts what goes by.
class Counter {
 public:
  explicit Counter(ExaminedFile& file) : file_(file) {}
  std::string see(const wal::Stored& record) {
    const auto fact = codec::decode_fact(record.kind, record.body);
    if (!fact) return why_not_understood(record);
    if (record.lsn != 0) ++file_.records;
    if (const auto* started = std::get_if<fact::EpochStarted>(&*fact)) {
      if (file_.first_epoch == EpochId{}) file_.first_epoch = started->epoch;
      file_.last_epoch = std::max(file_.last_epoch, started->epoch);
    }
    return {};
  }

 private:
  ExaminedFile& file_;
};

std::string name_of(const std::string& path) {
  return fs::path(path).filename().string();
}

std::string folder_of(const std::string& path) {
  const std::string folder = fs::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

wal::Directory open_and_lock(const std::string& path) {
  auto directory = wal::Directory::open_any(path);
  try {
    directory.lock();
  } catch (const wal::OpenError&) {
    throw wal::OpenError{wal::kExitInUse,
                         path +
                             ": a process has this log open; stop trothd first, or take a backup of it "
                             "(`trothctl log backup`) and look at that"};
  }
  return directory;
}

void read_current_of(const wal::Directory& directory, const wal::Listing& listing, Examined& examined) {
  if (!listing.current) {
    examined.damage.push_back(directory.path_of(wal::kCurrent) +
                              ": it is missing, so nobody can say which generation is the log");
    return;
  }
  try {
    examined.current = wal::read_current(directory);
  } catch (const wal::OpenError&) {
    examined.damage.push_back(directory.path_of(wal::kCurrent) + ": it does not name a generation of the log");
  }
}

void judge_directory(const wal::Directory& directory, const wal::Listing& listing, Examined& examined) {
  if (examined.old_copy) {
    examined.damage.push_back(directory.path_of(wal::kOldCopy) +
                              ": a participant knows of more than this log holds, or a restore was not finished");
  }
  if (!examined.current) return;
  if (!listing.generations.contains(*examined.current)) {
    examined.damage.push_back(directory.path_of(wal::kCurrent) + ": it names generation " +
                              std::to_string(*examined.current) + ", of which no file is here");
  } else if (!listing.running && *listing.generations.rbegin() > *examined.current) {
    examined.damage.push_back(directory.path_of(wal::kCurrent) + ": it names generation " +
                              std::to_string(*examined.current) +
                              ", but files of a newer one lie beside it though the log was closed in order");
  }
}

Examined examine_directory(const std::string& path) {
  const wal::Directory directory = open_and_lock(path);
  const wal::Listing listing = wal::look(directory);
  if (listing.generations.empty() && !listing.current) {
    throw wal::OpenError{wal::kExitNoDirectory, path + ": there is no log in this directory"};
  }
  Examined examined;
  examined.path = path;
  examined.running = listing.running;
  examined.old_copy = listing.old_copy;
  read_current_of(directory, listing, examined);
  std::vector<std::uint64_t> numbers(listing.generations.rbegin(), listing.generations.rend());
  std::stable_partition(numbers.begin(), numbers.end(), [&](std::uint64_t g) { return g == examined.current; });
  for (const std::uint64_t number : numbers) {
    ExaminedFile file;
    Counter counter(file);
    file.found = wal::inspect_generation(directory, number, !examined.running,
                                         [&](const wal::Stored& record) { return counter.see(record); });
    examined.files.push_back(std::move(file));
  }
  judge_directory(directory, listing, examined);
  return examined;
}

Examined examine_backup(const std::string& path) {
  Examined examined;
  examined.path = path;
  examined.is_backup = true;
  ExaminedFile file;
  Counter counter(file);
  file.found = wal::inspect_backup(wal::Directory::open_any(folder_of(path)), name_of(path), true,
                                   [&](const wal::Stored& record) { return counter.see(record); });
  examined.files.push_back(std::move(file));
  return examined;
}

}  // namespace

std::string why_not_understood(const wal::Stored& record) {
  return "a record of kind " + std::to_string(record.kind) +
         " cannot be read: it was written by a newer version, or it is damaged";
}

bool Examined::is_sound() const {
  const ExaminedFile* file = file_that_counts(*this);
  return damage.empty() && file != nullptr && file->found.is_sound();
}

Examined examine(const std::string& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (fs::is_directory(status)) return examine_directory(path);
  if (fs::is_regular_file(status)) return examine_backup(path);
  throw wal::OpenError{wal::kExitNoDirectory, path + ": there is neither a data directory nor a backup file"};
}

const ExaminedFile* file_that_counts(const Examined& examined) {
  return examined.files.empty() ? nullptr : &examined.files.front();
}

void for_each_record(const Examined& examined, const ExaminedFile& file,
                     const std::function<void(const wal::ProvenRow&, const Fact&)>& visit) {
  if (!file.found.meta) return;
  const wal::Directory directory =
      examined.is_backup ? wal::Directory::open_any(folder_of(examined.path)) : open_and_lock(examined.path);
  const wal::Reading reading(directory, name_of(file.found.file));
  wal::for_each_proven(reading.db(), file.found, [&](const wal::ProvenRow& row) {
    const auto fact = codec::decode_fact(row.kind, row.body);
    if (fact) visit(row, *fact);
  });
}

}  // namespace troth::recovery
