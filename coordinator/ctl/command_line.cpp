// The only translation unit of trothctl that knows CLI11.
#include "coordinator/ctl/command_line.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <charconv>
#include <exception>
#include <ostream>
#include <sstream>

#include "wal/sqlite_log.h"

namespace troth::ctl {
namespace {

constexpr const char* kDefaultEndpoint = "http://127.0.0.1:7400";
constexpr const char* kFooter =
    "Exit codes: 0 ok, 1 refused (log verify: damaged), 2 usage, 3 unreachable, in use or not readable.\n"
    "Data goes to stdout, all else to stderr.\n";

/// A word that means something else than was typed: the whole line is refused.
struct BadValue {
  std::string why;
};

template <class Number>
Number read_number(const std::string& option, const std::string& text, Number least, Number most) {
  Number value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && stop == end && value >= least && value <= most) return value;
  throw BadValue{option + " " + text + ": give a whole number from " + std::to_string(least) + " to " +
                 std::to_string(most)};
}

recovery::Above read_above(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos) {
    throw BadValue{"--above " + text +
                   ": give <epoch>:<lsn>, the highest that any participant reports, for example 4:1200; 0:0 if "
                   "none reports anything"};
  }
  return {read_number<std::uint32_t>("the epoch of --above", text.substr(0, colon), 0, recovery::kEpochMax),
          read_number<Lsn>("the LSN of --above", text.substr(colon + 1), 0, recovery::kLsnMax)};
}

Format read_format(const std::string& text) {
  if (text == "table") return Format::kTable;
  if (text == "json") return Format::kJson;
  throw BadValue{"-o " + text + ": give table or json"};
}

/// What CLI11 fills; every value is a text, so that what is wrong with it is said in our words.
struct Words {
  std::string path, above, backup, copied_in, to, generation, endpoint, format = "table";
  bool yes = false;
  bool version = false;
};

struct Verbs {
  CLI::App* version = nullptr;
  CLI::App* verify = nullptr;
  CLI::App* dump = nullptr;
  CLI::App* restore = nullptr;
  CLI::App* salvage = nullptr;
  CLI::App* backup = nullptr;
};

void add_format(CLI::App* verb, Words& words) {
  verb->add_option("-o,--output", words.format, "table (default) or json")->type_name("FORMAT");
}

Verbs add_log_verbs(CLI::App& app, Words& words) {
  Verbs verbs;
  CLI::App* log = app.add_subcommand("log", "look at a log, copy it, or mend what can be mended");
  log->require_subcommand(1);
  verbs.verify = log->add_subcommand("verify", "say what of a log is proven and what is damaged; changes nothing");
  verbs.verify->add_option("path", words.path, "a data directory that no trothd uses, or a backup file")->required();
  add_format(verbs.verify, words);
  verbs.dump = log->add_subcommand("export", "print each record that is proven as a line of JSON; changes nothing");
  verbs.dump->add_option("path", words.path, "a data directory that no trothd uses, or a backup file")->required();
  verbs.restore = log->add_subcommand("restore", "make a log of a backup, or of an old copy, that trothd may start on");
  verbs.restore->add_option("directory", words.path, "the data directory")->required();
  verbs.restore->add_option("--above", words.above, "the highest epoch and LSN that any participant reports")
      ->required()
      ->type_name("EPOCH:LSN");
  verbs.restore->add_option("--from", words.backup, "the backup; the directory must be empty or missing")
      ->type_name("FILE");
  verbs.restore
      ->add_option(
          "--copied-in", words.copied_in,
          "without --from: the epoch that ran when the directory was copied, or `last` if it was never started "
          "since; the gap begins there, else at the first epoch")
      ->type_name("EPOCH");
  verbs.restore->add_flag("-y,--yes", words.yes, "do not ask");
  add_format(verbs.restore, words);
  verbs.salvage =
      log->add_subcommand("salvage", "make a new log of what is proven of a damaged one, which is left as it is");
  verbs.salvage->add_option("directory", words.path, "the damaged data directory")->required();
  verbs.salvage->add_option("--to", words.to, "the new data directory: empty or missing")->required()->type_name("DIR");
  verbs.salvage
      ->add_option("--above", words.above,
                   "the highest epoch and LSN that any participant reports; needed when records are lost")
      ->type_name("EPOCH:LSN");
  verbs.salvage->add_option("--generation", words.generation, "which one to keep, when several lie there")
      ->type_name("N");
  verbs.salvage->add_flag("-y,--yes", words.yes, "do not ask");
  add_format(verbs.salvage, words);
  verbs.backup = log->add_subcommand("backup", "copy the log of a running trothd into a file");
  verbs.backup->add_option("--to", words.to, "the file; it must not be there")->required()->type_name("FILE");
  verbs.backup
      ->add_option("--endpoint", words.endpoint,
                   "of trothd; else TROTH_ENDPOINTS, else " + std::string(kDefaultEndpoint))
      ->type_name("URL");
  add_format(verbs.backup, words);
  return verbs;
}

std::vector<std::string> endpoints_of(const Words& words, const Environment& environment) {
  std::string listed = words.endpoint;
  if (listed.empty()) {
    if (const char* named = environment("TROTH_ENDPOINTS")) listed = named;
  }
  std::vector<std::string> endpoints;
  std::istringstream all(listed);
  for (std::string one; std::getline(all, one, ',');) {
    if (!one.empty()) endpoints.push_back(one);
  }
  if (endpoints.empty()) endpoints.emplace_back(kDefaultEndpoint);
  return endpoints;
}

Command to_command(const Verbs& verbs, const Words& words, const Environment& environment) {
  const Format format = read_format(words.format);
  if (verbs.verify->parsed()) return LogVerify{words.path, format};
  if (verbs.dump->parsed()) return LogExport{words.path};
  if (verbs.restore->parsed()) {
    LogRestore restore{words.path, words.backup, read_above(words.above), {}, words.yes, format};
    if (!words.copied_in.empty()) {
      if (!words.backup.empty())
        throw BadValue{"--copied-in: a backup knows when it was made; leave one of the two out"};
      const bool is_last = words.copied_in == "last";
      restore.copied_in = is_last ? recovery::kNeverStarted
                                  : read_number<std::uint32_t>("--copied-in", words.copied_in, 1, recovery::kEpochMax);
    }
    return restore;
  }
  if (verbs.salvage->parsed()) {
    LogSalvage salvage{words.path, words.to, {}, {}, words.yes, format};
    if (!words.above.empty()) salvage.above = read_above(words.above);
    if (!words.generation.empty()) {
      salvage.generation = read_number<std::uint64_t>("--generation", words.generation, 1, recovery::kLsnMax);
    }
    return salvage;
  }
  return LogBackup{words.to, endpoints_of(words, environment), format};
}

/// The first word that names no verb where one must stand, if there is one.
std::string unknown_verb(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* at = &app;
  for (const std::string& word : words) {
    const auto verbs = at->get_subcommands([](const CLI::App*) { return true; });
    if (word.starts_with('-') || verbs.empty()) return {};
    const auto verb = std::find_if(verbs.begin(), verbs.end(), [&](const auto* one) { return one->check_name(word); });
    if (verb == verbs.end()) return word;
    at = *verb;
  }
  return {};
}

Leave usage(const std::string& why) {
  return {kExitUsage, {}, "trothctl: " + why + "; `trothctl --help` shows what there is\n"};
}

}  // namespace

std::variant<Command, Leave> read_command_line(std::vector<std::string> words, const Environment& environment) {
  CLI::App app("trothctl: looks after a Troth transaction coordinator", "trothctl");
  app.footer(kFooter);
  app.require_subcommand(1);
  Words typed;
  app.set_version_flag("--version", "trothctl " TROTH_VERSION);
  Verbs verbs = add_log_verbs(app, typed);
  verbs.version = app.add_subcommand("version", "print the version");
  if (const std::string word = unknown_verb(app, words); !word.empty()) return usage(word + ": there is no such verb");
  std::reverse(words.begin(), words.end());  // as CLI11 takes a vector
  try {
    app.parse(std::move(words));
    if (verbs.version->parsed()) return Leave{0, "trothctl " TROTH_VERSION "\n", {}};
    return to_command(verbs, typed, environment);
  } catch (const CLI::Success& asked) {  // help, version
    std::ostringstream out;
    app.exit(asked, out, out);
    return Leave{0, out.str(), {}};
  } catch (const CLI::ParseError& error) {
    return usage(error.what());
  } catch (const BadValue& error) {
    return usage(error.why);
  }
}

int run_line(std::vector<std::string> words, const Environment& environment, Terminal& terminal) {
  const auto read = read_command_line(std::move(words), environment);
  if (const auto* leave = std::get_if<Leave>(&read)) {
    terminal.out << leave->out;
    terminal.err << leave->err;
    return leave->exit_code;
  }
  int code = kExitUnreachable;
  try {
    code = std::visit([&](const auto& command) { return run(command, terminal); }, std::get<Command>(read));
  } catch (const wal::OpenError& error) {
    terminal.err << "trothctl: " << error.message << "\n";
  } catch (const std::exception& error) {
    terminal.err << "trothctl: " << error.what() << "\n";
  }
  terminal.out.flush();
  if (terminal.out) return code;
  terminal.err << "trothctl: the output could not be written to its end\n";
  return kExitUnreachable;
}

}  // namespace troth::ctl
