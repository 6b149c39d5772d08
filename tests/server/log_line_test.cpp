// Log lines: nothing a peer sends can begin a line or end a string.
#include "coordinator/server/log_line.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace troth::server {
namespace {

TEST(LogLine, JsonEscapesWhatAPeerSent) {
  const std::string evil = "a\"b\\c\nd\x01\x7f{\"level\":\"error\"}";
  const std::string line =
      json_line(Level::kWarn, "session.closing", {{"reason", evil}, {"code", std::int64_t{-5}}}, 0);
  EXPECT_EQ(line.find('\n'), line.npos);
  const auto parsed = boost::json::parse(line);
  EXPECT_EQ(parsed.at("reason").as_string(), evil);
  EXPECT_EQ(parsed.at("level").as_string(), "warn");
  EXPECT_EQ(parsed.at("event").as_string(), "session.closing");
  EXPECT_EQ(parsed.at("code").as_int64(), -5);
  EXPECT_EQ(parsed.at("at").as_string(), "1970-01-01T00:00:00.000Z");
}

TEST(LogLine, TextQuotesWhatIsNotPlain) {
  const std::string line =
      text_line(Level::kInfo, "x", {{"a", "plain"}, {"b", "two words"}, {"c", "l\nb"}, {"d", true}, {"e", ""}}, 0);
  EXPECT_EQ(line, "1970-01-01T00:00:00.000Z info x a=plain b=\"two words\" c=\"l\\u000ab\" d=true e=\"\"");
}

}  // namespace
}  // namespace troth::server
