// What the shared library shows to the process that loads it.
#include <gtest/gtest.h>
#include <stdio.h>

#include <memory>
#include <string>
#include <vector>

namespace troth::sdk {
namespace {

std::vector<std::string> exported() {
  const std::string command = std::string("nm -DC --defined-only ") + TROTH_PARTICIPANT_LIBRARY;
  const std::unique_ptr<FILE, int (*)(FILE*)> output(::popen(command.c_str(), "r"), ::pclose);
  std::vector<std::string> names;
  char line[4096];
  while (output && ::fgets(line, sizeof line, output.get())) {
    const std::string text(line);
    names.push_back(text.substr(text.find(' ', 17) + 1));  // after address and kind
  }
  return names;
}

TEST(ParticipantExports, AreOnlyThePublicNames) {
  const auto names = exported();
  ASSERT_GT(names.size(), 20u);
  for (const auto& name : names) {
    const bool ours = name.starts_with("troth::") || name.starts_with("vtable for troth::") ||
                      name.starts_with("typeinfo for troth::") || name.starts_with("typeinfo name for troth::");
    EXPECT_TRUE(ours) << name;
    EXPECT_EQ(name.find("boost::"), std::string::npos) << name;
    EXPECT_EQ(name.find("google::"), std::string::npos) << name;
    EXPECT_EQ(name.find("troth::sdk::"), std::string::npos) << name;
  }
}

TEST(ParticipantExports, HoldWhatThePublicHeadersPromise) {
  std::string all;
  for (const auto& name : exported()) all += name;
  for (const char* wanted :
       {"troth::Participant::run()", "troth::Participant::enlist(", "troth::Options::from_environment",
        "troth::Client::run_async", "troth::parse_branch_id"}) {
    EXPECT_NE(all.find(wanted), std::string::npos) << wanted;
  }
}

}  // namespace
}  // namespace troth::sdk
