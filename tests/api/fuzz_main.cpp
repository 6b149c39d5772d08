// troth_api_fuzz: requests made from openapi.yaml against a live trothd with two banks.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>

#include "tests/api/fuzz.h"

namespace {

constexpr const char* kUsage = R"(troth_api_fuzz: sends requests made from openapi.yaml to a coordinator of its own
  --requests N      how many (100000)
  --seed S          the same requests again (drawn anew)
  --connections N   in parallel (4)
  --json            the result as one line of JSON
)";

std::uint64_t number(const std::string& flag, const char* text) {
  char* end = nullptr;
  const auto value = text ? std::strtoull(text, &end, 10) : 0;
  if (text == nullptr || *text == '\0' || *end != '\0') throw std::invalid_argument(flag + " wants a number");
  return value;
}

troth::api::FuzzOptions read(int argc, char** argv) {
  troth::api::FuzzOptions options;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--json") {
      options.json = true;
    } else if (flag == "--requests") {
      options.requests = number(flag, argv[++i]);
    } else if (flag == "--seed") {
      options.seed = number(flag, argv[++i]);
    } else if (flag == "--connections") {
      options.connections = number(flag, argv[++i]);
    } else {
      throw std::invalid_argument("no such flag: " + flag);
    }
  }
  if (options.connections == 0) throw std::invalid_argument("--connections must be at least 1");
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  troth::api::FuzzOptions options;
  try {
    options = read(argc, argv);
  } catch (const std::invalid_argument& error) {
    std::fprintf(stderr, "troth_api_fuzz: %s\n%s", error.what(), kUsage);
    return 2;
  }
  try {
    return troth::api::fuzz(options) ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "troth_api_fuzz: %s\n", error.what());
    return 1;
  }
}
