#include "wal/head.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "wal/generations.h"
#include "wal/sqlite_log.h"

namespace troth::wal {
namespace {

constexpr std::string_view kMagic = "TROTHHD1";
constexpr std::size_t kChecked = 48;  // bytes of a slot that its check covers

bool is_sound(std::string_view bytes) {
  return bytes.size() == kHeadSlotBytes && bytes.starts_with(kMagic) &&
         bytes.substr(kChecked) == bytes_of(hash_of(bytes.substr(0, kChecked)));
}

std::string read_slot(const Fd& fd, int slot, const std::string& file) {
  std::string bytes(kHeadSlotBytes, '\0');
  const ssize_t got = ::pread(fd.get(), bytes.data(), bytes.size(), slot * static_cast<off_t>(kHeadSlotGap));
  if (got < 0) throw FileError(file, "read", errno);
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

}  // namespace

std::string encode_slot(LogId log_id, std::uint64_t generation, const Point& point) {
  std::string bytes(kMagic);
  append_big_endian(bytes, log_id.value, 8);
  append_big_endian(bytes, generation, 8);
  append_big_endian(bytes, point.lsn, 8);
  bytes += bytes_of(point.chain);
  bytes += bytes_of(hash_of(bytes));
  return bytes;
}

std::optional<Point> decode_slot(LogId log_id, std::uint64_t generation, std::string_view bytes) {
  if (!is_sound(bytes)) return std::nullopt;
  if (read_big_endian(bytes.substr(8, 8)) != log_id.value) return std::nullopt;
  if (read_big_endian(bytes.substr(16, 8)) != generation) return std::nullopt;
  return Point{read_big_endian(bytes.substr(24, 8)), *chain_from_bytes(bytes.substr(32, 16))};
}

bool head_names_a_record(const Directory& directory, std::uint64_t generation) {
  const std::string name = head_name(generation);
  if (!directory.has(name)) return false;
  const Fd fd = open_in(directory, name, O_RDONLY);
  for (int slot = 0; slot < 2; ++slot) {
    const std::string bytes = read_slot(fd, slot, directory.path_of(name));
    if (is_sound(bytes) && read_big_endian(std::string_view(bytes).substr(24, 8)) != 0) return true;
  }
  return false;
}

void Head::create(const Directory& directory, const Meta& meta, const Point& point) {
  const std::string name = head_name(meta.generation);
  const Fd fd = open_in(directory, name, O_WRONLY | O_CREAT | O_TRUNC);
  std::string both = encode_slot(meta.log_id, meta.generation, point);
  both.resize(kHeadSlotGap + kHeadSlotBytes);  // full length at once: later writes change no file size
  write_all(fd, both, 0, directory.path_of(name));
  if (::fsync(fd.get()) != 0) throw FileError(directory.path_of(name), "sync", errno);
}

Head Head::open(const Directory& directory, const Meta& meta) {
  const std::string name = head_name(meta.generation);
  const std::string remedy =
      ", so nobody can say whether the log lost its end; nothing was changed. Run `trothctl log verify` to see what is "
      "there and `trothctl log salvage` to keep the proven part";
  Head head;
  head.file_ = directory.path_of(name);
  head.meta_ = meta;
  if (!directory.has(name)) throw OpenError{kExitDamaged, head.file_ + ": the head is missing" + remedy};
  head.fd_ = open_in(directory, name, O_RDWR);
  bool valid = false;
  for (int slot = 0; slot < 2; ++slot) {
    const auto point = decode_slot(meta.log_id, meta.generation, read_slot(head.fd_, slot, head.file_));
    if (!point || (valid && point->lsn <= head.found_.lsn)) continue;
    valid = true;
    head.found_ = *point;
    head.slot_ = 1 - slot;
  }
  if (!valid) throw OpenError{kExitDamaged, head.file_ + ": neither slot of the head is valid" + remedy};
  return head;
}

void Head::write(const Point& point) {
  const std::string bytes = encode_slot(meta_.log_id, meta_.generation, point);
  write_all(fd_, bytes, static_cast<std::uint64_t>(slot_) * kHeadSlotGap, file_);
  unsynced_ = true;
}

void Head::sync() {
  if (!unsynced_) return;
  if (::fdatasync(fd_.get()) != 0) throw FileError(file_, "sync", errno);
  unsynced_ = false;
  slot_ = 1 - slot_;
}

}  // namespace troth::wal
