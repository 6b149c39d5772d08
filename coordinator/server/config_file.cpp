// The only translation unit that knows TOML.
#include <toml++/toml.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "coordinator/server/options.h"

namespace troth::server {
namespace {

std::string at(std::string_view file, const toml::source_position& position) {
  return std::string(file) + ":" + std::to_string(position.line) + ":" + std::to_string(position.column);
}

const Option* find_by_toml_name(std::string_view key) {
  for (const Option& option : options()) {
    if (toml_name(option.name) == key) return &option;
  }
  return nullptr;
}

/// The value as text, if the node has the type of the option.
std::optional<std::string> text_of(const toml::node& node, OptionKind kind) {
  if (kind == OptionKind::kSwitch) {
    const auto value = node.as_boolean();
    return value ? std::optional<std::string>(value->get() ? "true" : "false") : std::nullopt;
  }
  if (kind == OptionKind::kNumber) {
    const auto value = node.as_integer();
    return value ? std::optional<std::string>(std::to_string(value->get())) : std::nullopt;
  }
  const auto value = node.as_string();
  return value ? std::optional<std::string>(value->get()) : std::nullopt;
}

std::string_view type_name(OptionKind kind) {
  switch (kind) {
    case OptionKind::kSwitch: return "true or false";
    case OptionKind::kNumber: return "a whole number without quotes";
    case OptionKind::kText: break;
  }
  return "a string in quotes";
}

}  // namespace

Source read_toml(std::string_view text, std::string_view file) {
  Source source;
  try {
    const toml::table table = toml::parse(text, file);
    for (const auto& [key, node] : table) {
      const Option* option = find_by_toml_name(key.str());
      if (option == nullptr) {
        source.errors.push_back(at(file, key.source().begin) + ": unknown key '" + std::string(key.str()) +
                                "'; `trothd --help` lists the options, write them in snake_case");
        continue;
      }
      const std::string origin = at(file, node.source().begin);
      if (auto value = text_of(node, option->kind)) {
        source.settings[std::string(option->name)] = {std::move(*value), origin};
      } else {
        source.errors.push_back(origin + ": " + std::string(key.str()) + " must be " +
                                std::string(type_name(option->kind)));
      }
    }
  } catch (const toml::parse_error& error) {
    source.errors.push_back(at(file, error.source().begin) + ": " + std::string(error.description()));
  }
  return source;
}

Source read_toml_file(const std::string& path) {
  const auto refuse = [&path](const char* why) {
    Source source;
    source.errors.push_back(path + ":1:1: cannot be read: " + why);
    return source;
  };
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return refuse("it is a directory");
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  if (!file || file.bad()) return refuse(std::strerror(errno ? errno : EIO));
  return read_toml(text.str(), path);
}

}  // namespace troth::server
