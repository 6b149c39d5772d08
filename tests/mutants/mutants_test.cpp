// The mutants as test code sees them; that a build with none active is the product; and that the README shows them all.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/mutants/mutant.h"

namespace troth::mutant {
namespace {

TEST(Mutants, AreManyAndToldApartByName) {
  std::set<std::string_view> names;
  for (const Info& info : all()) names.insert(info.name);
  EXPECT_EQ(names.size(), all().size());
  EXPECT_GE(names.size(), 24u);
}

TEST(Mutants, AreOffAtStartAndOnOneAtATime) {
  for (const Info& info : all()) EXPECT_FALSE(on(info.id)) << info.name;
  for (const Info& info : all()) {
    ASSERT_TRUE(set(info.name)) << info.name;
    for (const Info& other : all()) EXPECT_EQ(on(other.id), other.id == info.id) << info.name << ", " << other.name;
  }
  EXPECT_FALSE(set("no-such-mutant"));
  EXPECT_TRUE(on(all().back().id)) << "an unknown name changes nothing";
  clear();
  for (const Info& info : all()) EXPECT_FALSE(on(info.id)) << info.name;
}

TEST(Mutants, NameTheSectionOfTheDesignThatTheyBreak) {
  for (const Info& info : all()) EXPECT_NE(info.rule.find("(design.md §"), std::string_view::npos) << info.name;
}

/// What a program prints.
std::string output_of(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  std::string said;
  for (int c = fgetc(pipe); c != EOF; c = fgetc(pipe)) said.push_back(static_cast<char>(c));
  return pclose(pipe) == 0 ? said : "failed: " + command;
}

TEST(Mutants, WithNoneActiveEveryStepIsTheProducts) {
  const std::string product = output_of(TROTH_TRACE_PRODUCT);
  EXPECT_GT(product.size(), 10'000u) << product;
  EXPECT_EQ(product, output_of(TROTH_TRACE_MUTABLE));
}

/// A switch that changes nothing would be no mutant, and the trace above no comparison.
/// Under a sanitizer one in so many: it looks for other things, and each is a process that runs every story.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kStride = 6;
#else
constexpr std::size_t kStride = 1;
#endif

TEST(Mutants, ChangeWhatTheProtocolDoes) {
  const std::string product = output_of(TROTH_TRACE_PRODUCT);
  std::size_t seen = 0;
  for (const Info& info : all()) {
    if (info.files.empty() || seen++ % kStride != 0) continue;  // without files the harness asks
    const std::string changed = output_of(std::string(TROTH_TRACE_MUTABLE) + " " + std::string(info.name));
    EXPECT_EQ(changed.find("failed"), std::string::npos) << changed;
    EXPECT_NE(product, changed) << info.name;
  }
}

std::string table() {
  std::ostringstream text;
  text << "| mutant | breaks | where |\n|---|---|---|\n";
  for (const Info& info : all()) {
    text << "| `" << info.name << "` | " << info.rule << " | " << info.files;
    if (!info.harness.empty()) text << (info.files.empty() ? "" : "; ") << "the harness: " << info.harness;
    text << " |\n";
  }
  return text.str();
}

TEST(Mutants, AreAllInTheReadme) {
  const std::string path = std::string(TROTH_SOURCE_DIR) + "/tests/mutants/README.md";
  std::ostringstream readme;
  readme << std::ifstream(path).rdbuf();
  const std::string heading = "## The mutants\n\n";
  const auto begin = readme.str().find(heading);
  ASSERT_NE(begin, std::string::npos);
  const std::string wanted = readme.str().substr(0, begin + heading.size()) + table();
  if (std::getenv("UPDATE") != nullptr) {
    std::ofstream(path) << wanted;
  } else {
    EXPECT_EQ(readme.str(), wanted) << "UPDATE=1 writes the table anew";
  }
}

}  // namespace
}  // namespace troth::mutant
