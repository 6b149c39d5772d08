// What an operator sees, command by command, against a live coordinator. Each file under golden/ is a test; UPDATE=1
// writes what happens into it: read the diff as somebody at 3 a.m. would.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/ctl/story.h"

namespace troth::ctl {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolder = TROTH_SOURCE_DIR "/tests/ctl/golden";

std::vector<std::string> names() {
  std::vector<std::string> all;
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".txt") all.push_back(entry.path().stem().string());
  }
  return all;
}

class Stories : public ::testing::TestWithParam<std::string> {};

TEST_P(Stories, HappensAsWritten) {
  const std::string path = std::string(kFolder) + "/" + GetParam() + ".txt";
  const std::string story = read_text(path);
  World world;
  const std::string played = play(world, story);
  if (std::getenv("UPDATE") != nullptr) {
    std::ofstream(path) << played;
    return;
  }
  EXPECT_EQ(played, story) << "UPDATE=1 writes what happens now; read the diff";
}

INSTANTIATE_TEST_SUITE_P(All, Stories, ::testing::ValuesIn(names()), [](const auto& one) { return one.param; });

}  // namespace
}  // namespace troth::ctl
