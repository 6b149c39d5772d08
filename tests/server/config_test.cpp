// Configuration: precedence, and every kind of mistake with the place where it was made.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "coordinator/server/command_line.h"
#include "coordinator/server/options.h"
#include "tests/server/live_server.h"

namespace troth::server {
namespace {

const char* no_environment(const char*) {
  return nullptr;
}

std::variant<Config, Leave> read(std::vector<const char*> arguments, const Environment& environment = no_environment) {
  arguments.insert(arguments.begin(), "trothd");
  return read_command_line(static_cast<int>(arguments.size()), arguments.data(), environment);
}

std::string errors_of(std::vector<const char*> arguments, const Environment& environment = no_environment) {
  const auto result = read(std::move(arguments), environment);
  const auto* leave = std::get_if<Leave>(&result);
  if (leave == nullptr) return "none";
  EXPECT_EQ(leave->exit_code, leave->err.empty() ? 0 : 2);
  return leave->err;
}

class ConfigFile : public testing::Test {
 protected:
  const char* write(const std::string& text) {
    path_ = directory_.path() + "/troth.toml";
    std::ofstream(path_) << text;
    return path_.c_str();
  }
  test::TemporaryDirectory directory_;
  std::string path_;
};

TEST_F(ConfigFile, FlagWinsOverEnvironmentOverFileOverDefault) {
  const char* file = write("max_live = 10\nmax_branches = 10\nmax_queue = 10\n");
  const auto environment = [](const char* name) -> const char* {
    if (std::string_view(name) == "TROTH_MAX_LIVE") return "20";
    return std::string_view(name) == "TROTH_MAX_BRANCHES" ? "20" : nullptr;
  };
  const auto result = read({"--config", file, "--max-live", "30"}, environment);
  const auto& config = std::get<Config>(result);
  EXPECT_EQ(config.limits.max_live, 30U);
  EXPECT_EQ(config.limits.max_branches, 20U);
  EXPECT_EQ(config.limits.max_queue, 10U);
  EXPECT_EQ(config.limits.max_participants, 1'000U);
}

TEST_F(ConfigFile, EveryOptionCanStandInTheFile) {
  std::string text;
  for (const Option& option : options()) {
    const std::string name = toml_name(option.name);
    if (option.name == "listen") {
      text += "listen = \"[::1]:0\"\n";
    } else if (option.name == "log-id") {
      text += "log_id = \"07q2m9xw4e3ta\"\n";
    } else if (option.name == "log-level") {
      text += "log_level = \"warn\"\n";
    } else if (option.name == "log-format") {
      text += "log_format = \"json\"\n";
    } else if (option.kind == OptionKind::kText) {
      text += name + " = \"/x\"\n";
    } else if (option.kind == OptionKind::kSwitch) {
      text += name + " = true\n";
    } else {
      text += name + (option.name == "max-frame-bytes" || option.name == "max-body-bytes" ? " = 100000\n" : " = 900\n");
    }
  }
  const auto result = read({"--config", write(text)});
  ASSERT_TRUE(std::holds_alternative<Config>(result)) << std::get<Leave>(result).err;
  EXPECT_EQ(std::get<Config>(result).host, "::1");
  EXPECT_TRUE(std::get<Config>(result).must_exist);
}

TEST_F(ConfigFile, EveryMistakeIsToldWithLineAndColumnAllAtOnce) {
  const std::string file = write(
      "max_live = \"ten\"\n"
      "  no_such_key = 1\n"
      "max_branches = 0\n"
      "must_exist = 1\n"
      "data_dir = 5\n"
      "listen = \"nowhere\"\n"
      "callback_allow = []\n");
  const std::string errors = errors_of({"--config", file.c_str()});
  EXPECT_THAT(errors, testing::HasSubstr(file + ":1:12: max_live must be a whole number without quotes"));
  EXPECT_THAT(errors, testing::HasSubstr(file + ":2:3: unknown key 'no_such_key'"));
  EXPECT_THAT(errors, testing::HasSubstr(file + ":3:16: max-branches must be a whole number from 1 to 1000, not '0'"));
  EXPECT_THAT(errors, testing::HasSubstr(file + ":4:14: must_exist must be true or false"));
  EXPECT_THAT(errors, testing::HasSubstr(file + ":5:12: data_dir must be a string in quotes"));
  EXPECT_THAT(errors, testing::HasSubstr(file + ":6:10: listen must be host:port"));
  EXPECT_THAT(errors, testing::HasSubstr(file + ":7:1: unknown key 'callback_allow'"));
}

TEST_F(ConfigFile, BrokenSyntaxIsToldWithLineAndColumn) {
  const std::string file = write("max_live = 1\nmax_branches = = 2\n");
  EXPECT_THAT(errors_of({"--config", file.c_str()}), testing::StartsWith(file + ":2:16: "));
}

TEST_F(ConfigFile, DuplicateKeyIsAnError) {
  const std::string file = write("max_live = 1\nmax_live = 2\n");
  EXPECT_THAT(errors_of({"--config", file.c_str()}), testing::StartsWith(file + ":2:"));
}

TEST_F(ConfigFile, MissingFileIsAnError) {
  const std::string missing = directory_.path() + "/nothing.toml";
  EXPECT_EQ(errors_of({"--config", missing.c_str()}), missing + ":1:1: cannot be read: No such file or directory\n");
}

TEST_F(ConfigFile, EnvironmentCanNameTheFile) {
  const std::string file = write("max_live = 7\n");
  const auto environment = [&](const char* name) {
    return std::string_view(name) == "TROTH_CONFIG" ? file.c_str() : nullptr;
  };
  EXPECT_EQ(std::get<Config>(read({}, environment)).limits.max_live, 7U);
}

TEST_F(ConfigFile, ValueHiddenByAFlagIsStillChecked) {
  const std::string file = write("max_live = 0\n");
  EXPECT_THAT(errors_of({"--config", file.c_str(), "--max-live", "5"}), testing::StartsWith(file + ":1:12: max-live"));
}

TEST_F(ConfigFile, OptionsThatContradictEachOtherAreToldAtTheOneThatWasSet) {
  const std::string file = write("\nmax_timeout_ms = 10\n");
  EXPECT_EQ(errors_of({"--config", file.c_str()}),
            file + ":2:18: default-timeout-ms must not be above max-timeout-ms\n");
}

TEST(Config, MistakesOfFlagsAndEnvironmentNameTheirSource) {
  const auto environment = [](const char* name) {
    return std::string_view(name) == "TROTH_MAX_QUEUE" ? "many" : nullptr;
  };
  const std::string errors = errors_of(
      {"--max-live=-1", "--nonsense", "--listen", "h:70000", "--log-id", "x", "--log-level", "loud"}, environment);
  EXPECT_THAT(errors, testing::HasSubstr("environment TROTH_MAX_QUEUE: max-queue must be a whole number"));
  EXPECT_THAT(errors, testing::HasSubstr("flag --max-live: max-live must be a whole number from 1"));
  EXPECT_THAT(errors, testing::HasSubstr("flag --nonsense: is not known"));
  EXPECT_THAT(errors, testing::HasSubstr("flag --listen: listen must be host:port"));
  EXPECT_THAT(errors, testing::HasSubstr("flag --log-id: log-id must be a log id"));
  EXPECT_THAT(errors, testing::HasSubstr("flag --log-level: log-level must be one of"));
}

TEST(Config, FlagWithoutItsValueIsAnError) {
  EXPECT_THAT(errors_of({"--max-live"}), testing::StartsWith("flag "));
}

TEST(Config, CallbackAllowDoesNotExistYet) {
  EXPECT_THAT(errors_of({"--callback-allow", "10.0.0.0/8"}), testing::HasSubstr("flag --callback-allow: is not known"));
}

TEST(Config, CheckConfigOpensNothingAndSaysThatAllIsWell) {
  const auto result = read({"--check-config", "--data-dir", "/nowhere/at/all"});
  EXPECT_EQ(std::get<Leave>(result).exit_code, 0);
  EXPECT_THAT(errors_of({"--check-config", "--max-live", "x"}), testing::HasSubstr("flag --max-live"));
}

TEST(Config, VersionAndHelpLeaveWithZero) {
  EXPECT_THAT(std::get<Leave>(read({"--version"})).out, testing::StartsWith("trothd "));
  const auto help = read({"--help"});
  for (const Option& option : options()) {
    EXPECT_THAT(std::get<Leave>(help).out, testing::HasSubstr("--" + std::string(option.name)));
  }
  EXPECT_THAT(std::get<Leave>(help).out, testing::HasSubstr("Examples:"));
}

TEST(Config, DefaultsAreThoseOfTheLimits) {
  const auto result = read({});
  const auto& config = std::get<Config>(result);
  EXPECT_EQ(config.data_dir, "/var/lib/troth");
  EXPECT_EQ(config.host, "127.0.0.1");
  EXPECT_EQ(config.port, 7400);
  EXPECT_EQ(config.limits.max_frame_bytes, Limits{}.max_frame_bytes);
}

}  // namespace
}  // namespace troth::server
