// `log verify`, `log export`: looking, and changing nothing.
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <filesystem>

#include "coordinator/ctl/commands.h"
#include "coordinator/ctl/print.h"
#include "proto/codec/json_text.h"
#include "recovery/examine.h"
#include "recovery/fact_json.h"

namespace troth::ctl {
namespace {

namespace json = boost::json;
using recovery::Examined;
using recovery::ExaminedFile;

std::string name_of(const ExaminedFile& file) {
  return std::filesystem::path(file.found.file).filename().string();
}

json::value lsn_or_null(const std::optional<wal::Point>& point) {
  if (!point) return nullptr;
  return point->lsn;
}

json::object to_json(const ExaminedFile& file) {
  const wal::Inspection& found = file.found;
  json::object value{{"file", name_of(file)}, {"generation", nullptr}, {"sound", found.is_sound()}};
  if (found.generation != 0) value["generation"] = found.generation;
  value["set"] = nullptr;
  value["backupAt"] = nullptr;
  if (found.meta) {
    value["set"] = {{"rows", found.meta->set.rows()},
                    {"provenRows", found.set_rows},
                    {"whole", found.set_is_whole},
                    {"cut", found.meta->set.cut}};
    if (found.meta->backup) value["backupAt"] = json_time(found.meta->backup->at);
  }
  value["provenLsn"] = found.meta ? json::value(found.proven.lsn) : json::value(nullptr);
  value["presentLsn"] = found.meta ? json::value(found.present) : json::value(nullptr);
  value["headLsn"] = lsn_or_null(found.head);
  value["records"] = file.records;
  value["keptForKeys"] = found.meta ? json::value(found.meta->kept.count) : json::value(nullptr);
  value["firstEpoch"] = json_epoch(file.first_epoch);
  value["lastEpoch"] = json_epoch(file.last_epoch);
  value["damage"] = json::array(found.damage.begin(), found.damage.end());
  return value;
}

void print_json(const Examined& examined, std::ostream& out) {
  const ExaminedFile* counts = file_that_counts(examined);
  const bool has_meta = counts != nullptr && counts->found.meta;
  json::object value{{"path", examined.path}, {"sound", examined.is_sound()}};
  value["logId"] = has_meta ? json::value(to_text(counts->found.meta->log_id)) : json::value(nullptr);
  value["backup"] = examined.is_backup;
  value["generation"] = examined.current ? json::value(*examined.current) : json::value(nullptr);
  value["closedInOrder"] = !examined.running;
  value["oldCopy"] = examined.old_copy;
  value["damage"] = json::array(examined.damage.begin(), examined.damage.end());
  json::array files;
  for (const auto& file : examined.files) files.emplace_back(to_json(file));
  value["files"] = std::move(files);
  json_line(out, value);
}

void print_file(const ExaminedFile& file, bool counts, std::ostream& out) {
  const wal::Inspection& found = file.found;
  line(out, "file", name_of(file) + (counts ? "" : " (not the log: CURRENT names another)"));
  if (found.meta) {
    const wal::Meta& meta = *found.meta;
    if (meta.backup) line(out, "backup", "made at " + std::string(json_time(meta.backup->at).as_string()));
    const std::string speaks = " for LSN 1 to " + std::to_string(meta.set.cut);
    if (meta.set.cut != 0) {
      line(out, "set",
           count_of(meta.set.rows(), "row") + (found.set_is_whole ? ", proven, speaks" : ", NOT PROVEN, to speak") +
               speaks);
    }
    const Lsn first = (found.set_is_whole ? meta.set.cut : meta.base.lsn) + 1;
    const bool none = found.proven.lsn < first;
    line(out, "records",
         none ? "none proven after LSN " + std::to_string(first - 1)
              : "LSN " + std::to_string(first) + " to " + std::to_string(found.proven.lsn) + " proven");
    if (found.present > found.proven.lsn) {
      line(out, "",
           "LSN " + std::to_string(found.proven.lsn + 1) + " to " + std::to_string(found.present) + " NOT PROVEN");
    }
    if (meta.kept.count != 0) {
      line(out, "keys",
           count_of(meta.kept.count, "record") + " kept for their keys" + (found.kept_is_whole ? "" : ", NOT PROVEN"));
    }
    line(out, meta.backup ? "ends at" : "head", found.head ? "LSN " + std::to_string(found.head->lsn) : "missing");
    line(out, "epochs",
         file.first_epoch == EpochId{} ? "none" : text_of(file.first_epoch) + " to " + text_of(file.last_epoch));
  }
  for (const auto& what : found.damage) line(out, "damaged", what);
}

void print_table(const Examined& examined, std::ostream& out) {
  const ExaminedFile* counts = file_that_counts(examined);
  if (counts != nullptr && counts->found.meta) {
    line(out, "log", to_text(counts->found.meta->log_id) + " in " + examined.path);
  }
  if (!examined.is_backup) {
    const std::string stop = examined.running ? "not closed in order: the next start rebuilds it" : "closed in order";
    line(out, "generation", (examined.current ? std::to_string(*examined.current) : "unknown") + ", " + stop);
  }
  for (const auto& file : examined.files) {
    print_file(file, examined.is_backup || !examined.current || &file == counts, out);
  }
  for (const auto& what : examined.damage) line(out, "damaged", what);
  line(out, "verdict", examined.is_sound() ? "sound" : "damaged");
}

/// What to do about it, on stderr.
void advise(const Examined& examined, std::ostream& err) {
  if (examined.is_sound()) return;
  err << "error: " << examined.path << " is damaged; ";
  if (examined.is_backup) {
    err << "restore another backup\n";
  } else if (examined.old_copy) {
    err << "if it is an old copy, `trothctl log restore " << examined.path
        << " --above <epoch>:<lsn>` makes it a log again\n";
  } else {
    err << "restore the newest backup (`trothctl log restore --from`), or keep what is proven: `trothctl log salvage "
        << examined.path << " --to <new directory> --above <epoch>:<lsn>`\n";
  }
}

void print_record(const wal::ProvenRow& row, const Fact& fact, std::ostream& out) {
  constexpr std::string_view kPlaces[] = {"set", "kept", "record"};
  std::string text = "{\"place\":\"" + std::string(kPlaces[static_cast<std::size_t>(row.place)]) + "\",\"lsn\":";
  text += row.lsn == 0 ? "null" : std::to_string(row.lsn);
  text += ",\"kind\":\"" + std::string(recovery::kind_word(fact)) + "\",\"key\":";
  if (row.key.empty()) {
    text += "null";
  } else {
    codec::append_quoted(text, row.key);
  }
  out << text << ",\"fact\":" << recovery::to_json(fact) << "}\n";
}

}  // namespace

int run(const LogVerify& command, Terminal& terminal) {
  const Examined examined = recovery::examine(command.path);
  command.format == Format::kJson ? print_json(examined, terminal.out) : print_table(examined, terminal.out);
  advise(examined, terminal.err);
  return examined.is_sound() ? kExitOk : kExitRefused;
}

int run(const LogExport& command, Terminal& terminal) {
  const Examined examined = recovery::examine(command.path);
  const ExaminedFile* counts = file_that_counts(examined);
  if (counts != nullptr) {
    for_each_record(examined, *counts,
                    [&](const wal::ProvenRow& row, const Fact& fact) { print_record(row, fact, terminal.out); });
  }
  if (examined.is_sound()) return kExitOk;
  terminal.err << "error: " << command.path
               << " is damaged: only what is proven was printed; `trothctl log verify` says what that is\n";
  return kExitRefused;
}

}  // namespace troth::ctl
