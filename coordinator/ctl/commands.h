// coordinator/ctl/commands.h: what trothctl can be told to do. Each `run` returns the exit code; what it throws is a
// defect or a file that cannot be read or written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "coordinator/ctl/look.h"
#include "coordinator/ctl/terminal.h"
#include "coordinator/ctl/verb.h"
#include "recovery/gap.h"

namespace troth::ctl {

struct LogVerify {
  std::string path;
  Format format = Format::kTable;
};
struct LogExport {
  std::string path;
};
struct LogRestore {
  std::string directory;
  std::string backup;  // empty: the log in the directory itself
  recovery::Above above;
  std::optional<std::uint32_t> copied_in;
  bool yes = false;
  Format format = Format::kTable;
};
struct LogSalvage {
  std::string directory;
  std::string to;
  std::optional<recovery::Above> above;
  std::optional<std::uint64_t> generation;
  bool yes = false;
  Format format = Format::kTable;
};
struct LogBackup {
  std::string to;
  std::vector<std::string> endpoints;  // the first that can be reached
  Format format = Format::kTable;
};

int run(const LogVerify& command, Terminal& terminal);
int run(const LogExport& command, Terminal& terminal);
int run(const LogRestore& command, Terminal& terminal);
int run(const LogSalvage& command, Terminal& terminal);
int run(const LogBackup& command, Invocation& invocation);

}  // namespace troth::ctl
