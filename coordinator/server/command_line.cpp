// The only translation unit that knows CLI11.
#include "coordinator/server/command_line.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "coordinator/server/options.h"
#include "coordinator/server/version.h"

namespace troth::server {
namespace {

constexpr const char* kFooter =
    "Every option below --version is also an environment variable (TROTH_MAX_LIVE) and a TOML key (max_live);\n"
    "TROTH_CONFIG names the file. A flag wins over the environment, that over the file.\n"
    "\n"
    "Examples:\n"
    "  trothd --data-dir ./data                         serve on 127.0.0.1:7400\n"
    "  trothd --data-dir ./data --listen 127.0.0.1:0 --port-file ./port\n"
    "  trothd --config /etc/troth/trothd.toml --check-config\n"
    "\n"
    "Exit codes: 0 drained, 1 cannot bind, 2 usage or configuration, 70 the log could not be written,\n"
    "71 no usable data directory, 72 in use, 73 damaged, 74 foreign log or newer format.\n";

struct Flags {
  std::string config;
  bool check_config = false;
  bool version = false;
  Settings settings;
};

/// Every option of the table as a flag; CLI11 keeps the text, the table converts it.
void add_flags(CLI::App& app, Flags& flags, std::map<std::string, std::string>& texts,
               std::map<std::string, bool>& switches) {
  app.add_option("--config", flags.config, "TOML file")->type_name("FILE");
  app.add_flag("--check-config", flags.check_config, "report all errors of the configuration and exit");
  app.add_flag("--version", flags.version, "print the version and exit");
  for (const Option& option : options()) {
    const std::string name(option.name);
    const std::string help(option.help);
    if (option.kind == OptionKind::kSwitch) {
      app.add_flag("--" + name, switches[name], help);
    } else {
      app.add_option("--" + name, texts[name], help)->type_name(option.kind == OptionKind::kNumber ? "N" : "TEXT");
    }
  }
}

Leave refuse(const std::vector<std::string>& errors) {
  Leave leave{kExitUsage, {}, {}};
  for (const auto& error : errors) leave.err += error + "\n";
  return leave;
}

/// Flags as a source; what CLI11 refuses (a flag without its value) is an error like any other.
Source parse(CLI::App& app, int argc, const char* const* argv, std::map<std::string, std::string>& texts,
             std::map<std::string, bool>& switches) {
  Source source;
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    source.errors.push_back(std::string("flag ") + error.what());
    return source;
  }
  for (const std::string& extra : app.remaining()) {
    source.errors.push_back("flag " + extra + ": is not known; `trothd --help` lists the flags");
  }
  for (const auto& [name, value] : texts) {
    if (app.count("--" + name) > 0) source.settings[name] = {value, "flag --" + name};
  }
  for (const auto& [name, value] : switches) {
    if (app.count("--" + name) > 0) source.settings[name] = {value ? "true" : "false", "flag --" + name};
  }
  return source;
}

}  // namespace

std::variant<Config, Leave> read_command_line(int argc, const char* const* argv, const Environment& environment) {
  CLI::App app("trothd: the Troth transaction coordinator", "trothd");
  app.allow_extras();
  app.set_help_flag();
  bool help = false;
  app.add_flag("-h,--help", help, "print this and exit");
  app.footer(kFooter);
  Flags flags;
  std::map<std::string, std::string> texts;
  std::map<std::string, bool> switches;
  add_flags(app, flags, texts, switches);

  const Source from_flags = parse(app, argc, argv, texts, switches);
  if (help) return Leave{0, app.help(), {}};
  if (flags.version) return Leave{0, "trothd " + std::string(version()) + "\n", {}};
  if (flags.config.empty()) {
    if (const char* named = environment("TROTH_CONFIG")) flags.config = named;
  }
  std::vector<Source> sources;
  if (!flags.config.empty()) sources.push_back(read_toml_file(flags.config));
  sources.push_back(read_environment(environment));
  sources.push_back(from_flags);
  Loaded loaded = merge(sources);
  if (!loaded.errors.empty()) return refuse(loaded.errors);
  if (flags.check_config) return Leave{0, "the configuration is sound\n", {}};
  return std::move(loaded.config);
}

}  // namespace troth::server
