// The only translation unit of trothctl that knows CLI11.
#include "coordinator/ctl/command_line.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <memory>
#include <ostream>

#include "coordinator/ctl/complete.h"
#include "coordinator/ctl/json_guard.h"
#include "coordinator/ctl/suggest.h"
#include "coordinator/ctl/values.h"
#include "wal/sqlite_log.h"

namespace troth::ctl {
namespace {

constexpr const char* kDefaultEndpoint = "http://127.0.0.1:7400";

/// What CLI11 fills; every value is a text, so that what is wrong with it is said in our words.
struct Slots {
  std::map<std::string, std::string> texts;
  std::map<std::string, std::vector<std::string>> lists;
  std::map<std::string, bool> flags;
};

struct Line {
  CLI::App app;
  Slots common;
  std::map<const Verb*, Slots> slots;
  std::map<const Verb*, CLI::App*> verbs;
  std::map<const Group*, CLI::App*> groups;
};

void add_parameter(CLI::App* app, Slots& slots, const Parameter& parameter) {
  const std::string names = (parameter.shorthand.empty() ? "" : parameter.shorthand + ",") + parameter.name;
  const bool is_word = !parameter.name.starts_with('-');
  if (parameter.value.empty() && !is_word) {
    app->add_flag(names, slots.flags[parameter.name]);
  } else if (parameter.repeats) {
    app->add_option(names, slots.lists[parameter.name])->allow_extra_args(false)->required(parameter.required);
  } else {
    app->add_option(names, slots.texts[parameter.name])->required(parameter.required);
  }
}

std::unique_ptr<Line> make_line() {
  auto line = std::make_unique<Line>();
  line->app.name("trothctl");
  line->app.require_subcommand(1);
  line->app.add_flag("--version");
  line->app.set_help_flag("-h,--help");
  for (const Parameter& option : common_options()) add_parameter(&line->app, line->common, option);
  for (const Group& group : groups()) {
    CLI::App* app = line->app.add_subcommand(group.name)->require_subcommand(1)->fallthrough();
    if (!group.alias.empty()) app->alias(group.alias);
    line->groups[&group] = app;
  }
  for (const Verb& verb : verbs()) {
    CLI::App* parent = &line->app;
    for (const auto& [group, app] : line->groups) {
      if (group->name == verb.group) parent = app;
    }
    CLI::App* app = parent->add_subcommand(verb.name)->fallthrough();
    Slots& slots = line->slots[&verb];
    for (const Parameter& parameter : verb.parameters) add_parameter(app, slots, parameter);
    line->verbs[&verb] = app;
  }
  return line;
}

void collect(const CLI::App& app, const Slots& slots, Typed& typed) {
  for (const auto& [name, value] : slots.texts) {
    if (app.count(name) > 0) typed.set(name, {value});
  }
  for (const auto& [name, values] : slots.lists) {
    if (app.count(name) > 0) typed.set(name, values);
  }
  for (const auto& [name, is_set] : slots.flags) {
    if (is_set) typed.set(name, {"true"});
  }
}

Leave usage(const std::string& why, const std::string& hint) {
  return {kExitUsage, {}, "error: " + why + "\nhint: " + hint + "\n"};
}

std::string help_command(const Verb* verb) {
  return "`trothctl " + (verb == nullptr ? "" : verb->path() + " ") + "--help` shows what there is";
}

/// The help of what was named before --help.
std::string help_for(const Line& line) {
  for (const auto& [verb, app] : line.verbs) {
    if (app->parsed()) return help_of(*verb);
  }
  for (const auto& [group, app] : line.groups) {
    if (app->parsed()) return help_of(*group);
  }
  return help_of_program();
}

const Verb* verb_of(const Line& line) {
  const auto found =
      std::find_if(line.verbs.begin(), line.verbs.end(), [](const auto& one) { return one.second->parsed(); });
  return found == line.verbs.end() ? nullptr : found->first;
}

bool has_option(const std::vector<std::string>& words) {
  return std::any_of(words.begin(), words.end(), [](const std::string& word) { return word.starts_with('-'); });
}

/// Nothing that could be run was named.
Leave name_a_command(const Line& line) {
  for (const auto& [group, app] : line.groups) {
    if (!app->parsed()) continue;
    return usage(group->name + ": name a command", "`trothctl " + group->name + " --help` shows what there is");
  }
  return usage("name a command", help_command(nullptr));
}

/// What CLI11 says is good; an option that nobody knows gets the one it may have meant.
Leave refuse(const Line& line, const std::vector<std::string>& words, const std::string& why) {
  const Verb* verb = verb_of(line);
  if (const auto mistyped = mistyped_option(verb, words)) {
    return usage(mistyped->word + ": there is no such option" + mistyped->suggestion(), help_command(verb));
  }
  return verb == nullptr && !has_option(words) ? name_a_command(line) : usage(why, help_command(verb));
}

}  // namespace

std::variant<Parsed, Leave> read_command_line(std::vector<std::string> words) {
  if (!words.empty() && words.front() == "help") {  // `trothctl help tx list`, as many have learned it elsewhere
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  if (const auto mistyped = mistyped_verb(words)) {
    return usage(mistyped->word + ": there is no such command" + mistyped->suggestion(), help_command(nullptr));
  }
  const auto line = make_line();
  const std::vector<std::string> typed_words = words;
  std::reverse(words.begin(), words.end());  // as CLI11 takes a vector
  try {
    line->app.parse(std::move(words));
  } catch (const CLI::CallForHelp&) {
    return Leave{kExitOk, help_for(*line), {}};
  } catch (const CLI::ParseError& error) {
    if (line->app.count("--version") > 0) return Leave{kExitOk, "trothctl " TROTH_VERSION "\n", {}};
    return refuse(*line, typed_words, error.what());
  }
  Parsed parsed;
  parsed.verb = verb_of(*line);
  collect(line->app, line->common, parsed.typed);
  collect(*line->verbs.at(parsed.verb), line->slots.at(parsed.verb), parsed.typed);
  return parsed;
}

namespace {

constexpr const char* kEndpoints = "; give http://HOST:PORT, and nothing after the port";

bool is_endpoint(const std::string& text) {
  constexpr std::string_view kScheme = "http://";
  const std::size_t colon = text.rfind(':');
  if (!text.starts_with(kScheme) || colon < kScheme.size() + 1) return false;
  const std::string host = text.substr(kScheme.size(), colon - kScheme.size());
  const std::string port = text.substr(colon + 1);
  const bool is_number = !port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == port.npos;
  return host.find_first_of("/?#@ ") == host.npos && is_number && std::stoi(port) >= 1 && std::stoi(port) <= 65'535;
}

}  // namespace

std::vector<std::string> endpoints_of(const Typed& typed, const Environment& environment) {
  std::string listed = typed.text("--endpoint");
  if (typed.has("--endpoint") && listed.empty()) throw UsageError{"--endpoint: it is empty" + std::string(kEndpoints)};
  if (listed.empty()) {
    if (const char* named = environment("TROTH_ENDPOINTS")) listed = named;
  }
  std::vector<std::string> endpoints = choices_of(listed, ',');
  for (std::string& endpoint : endpoints) {
    if (endpoint.find("://") == std::string::npos) endpoint = "http://" + endpoint;
    while (endpoint.ends_with('/')) endpoint.pop_back();
    if (!is_endpoint(endpoint)) throw UsageError{endpoint + ": this is no address of a trothd" + kEndpoints};
  }
  if (endpoints.empty()) endpoints.emplace_back(kDefaultEndpoint);
  return endpoints;
}

namespace {

Look look_of(const Verb& verb, const Typed& typed, const Environment& environment, const Terminal& terminal) {
  const auto words = choices_of(common_options().at(1).choices);
  const std::string format = typed.has("--output") ? typed.text("--output") : "table";
  read_choice("-o", format, verb.formats);
  Look look;
  look.format = static_cast<Format>(std::find(words.begin(), words.end(), format) - words.begin());
  look.aligned = terminal.out_is_terminal;
  look.width = terminal.width;
  look.height = terminal.height;
  const std::string color =
      read_choice("--color", typed.has("--color") ? typed.text("--color") : "auto", "auto|always|never");
  const char* no_color = environment("NO_COLOR");
  const char* term = environment("TERM");
  const bool is_plain = (no_color != nullptr && *no_color != '\0') || (term != nullptr && std::string(term) == "dumb");
  look.color = color == "always" || (color == "auto" && terminal.out_is_terminal && !is_plain);
  const std::string time = typed.has("--time") ? typed.text("--time") : "relative";
  look.time = read_choice("--time", time, "relative|iso") == "iso" ? TimeStyle::kIso : TimeStyle::kRelative;
  return look;
}

int run_parsed(const Parsed& parsed, const Environment& environment, Terminal& terminal) {
  const Verb& verb = *parsed.verb;
  try {
    const bool is_named = parsed.typed.has("--endpoint");
    const Look look = look_of(verb, parsed.typed, environment, terminal);
    const bool is_guarded = look.is_json() && (terminal.out_is_terminal || terminal.is_interactive);
    JsonGuard out_guard(terminal.out);
    JsonGuard err_guard(terminal.err);
    std::ostream out(&out_guard);
    std::ostream err(&err_guard);
    Terminal guarded{terminal.in,    out, err, terminal.is_interactive, terminal.out_is_terminal, terminal.width,
                     terminal.height};
    Invocation invocation{parsed.typed,
                          environment,
                          is_guarded ? guarded : terminal,
                          look,
                          verb.is_client ? endpoints_of(parsed.typed, environment) : std::vector<std::string>(),
                          is_named ? "trothctl --endpoint " + parsed.typed.text("--endpoint") : "trothctl"};
    return verb.run(invocation);
  } catch (const UsageError& error) {
    terminal.err << usage(error.why, error.hint.empty() ? help_command(&verb) : error.hint).err;
    return kExitUsage;
  } catch (const wal::OpenError& error) {
    terminal.err << "error: " << error.message << "\n";
  } catch (const std::exception& error) {
    terminal.err << "error: " << error.what() << "\n";
  }
  return kExitUnreachable;
}

}  // namespace

int run_line(std::vector<std::string> words, const Environment& environment, Terminal& terminal) {
  if (!words.empty() && words.front() == kCompleteVerb) {
    return complete({words.begin() + 1, words.end()}, environment, terminal);
  }
  const auto read = read_command_line(std::move(words));
  int code = kExitOk;
  if (const auto* leave = std::get_if<Leave>(&read)) {
    terminal.out << leave->out;
    terminal.err << leave->err;
    code = leave->exit_code;
  } else {
    code = run_parsed(std::get<Parsed>(read), environment, terminal);
  }
  terminal.out.flush();
  if (terminal.out) return code;
  terminal.err << "error: the output could not be written to its end\n";
  return kExitUnreachable;
}

}  // namespace troth::ctl
