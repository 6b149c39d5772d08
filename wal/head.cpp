#include "wal/head.h"

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

std::uint64_t offset_of(int slot) {
  return static_cast<std::uint64_t>(slot) * kHeadSlotGap;
}

std::string read_slot(const File& file, int slot) {
  return file.read(offset_of(slot), kHeadSlotBytes);
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
  const auto file = directory.open(name, OpenFor::kReading);
  for (int slot = 0; slot < 2; ++slot) {
    const std::string bytes = read_slot(*file, slot);
    if (is_sound(bytes) && read_big_endian(std::string_view(bytes).substr(24, 8)) != 0) return true;
  }
  return false;
}

void Head::create(const Directory& directory, const Meta& meta, const Point& point) {
  const auto file = directory.open(head_name(meta.generation), OpenFor::kReplacing);
  std::string both = encode_slot(meta.log_id, meta.generation, point);
  both.resize(kHeadSlotGap + kHeadSlotBytes);  // full length at once: later writes change no file size
  file->write(0, both);
  file->sync();
}

Head Head::open(const Directory& directory, const Meta& meta) {
  const std::string name = head_name(meta.generation);
  const std::string remedy =
      ", so nobody can say whether the log lost its end; nothing was changed. Run `trothctl log verify` to see what is "
      "there and `trothctl log salvage` to keep the proven part";
  Head head;
  const std::string path = directory.path_of(name);
  head.meta_ = meta;
  if (!directory.has(name)) throw OpenError{kExitDamaged, path + ": the head is missing" + remedy};
  head.open_ = directory.open(name, OpenFor::kWriting);
  bool valid = false;
  for (int slot = 0; slot < 2; ++slot) {
    const auto point = decode_slot(meta.log_id, meta.generation, read_slot(*head.open_, slot));
    if (!point || (valid && point->lsn <= head.found_.lsn)) continue;
    valid = true;
    head.found_ = *point;
    head.slot_ = 1 - slot;
  }
  if (!valid) throw OpenError{kExitDamaged, path + ": neither slot of the head is valid" + remedy};
  return head;
}

void Head::write(const Point& point) {
  open_->write(offset_of(slot_), encode_slot(meta_.log_id, meta_.generation, point));
  unsynced_ = true;
}

void Head::sync() {
  if (!unsynced_) return;
  open_->sync_data();
  unsynced_ = false;
  slot_ = 1 - slot_;
}

}  // namespace troth::wal
