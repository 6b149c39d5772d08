// Targets and Accept headers as strangers write them.
#include <gtest/gtest.h>

#include "coordinator/server/media.h"
#include "coordinator/server/target.h"

namespace troth::server {
namespace {

TEST(Target, PercentEncodingIsDecodedOnce) {
  EXPECT_EQ(percent_decode("a%2Db%2525"), "a-b%25");
  EXPECT_EQ(percent_decode("%00"), std::string(1, '\0'));
  for (const char* bad : {"%", "%1", "%zz", "a%2", "%2g"}) EXPECT_FALSE(percent_decode(bad)) << bad;
}

TEST(Target, QueryBecomesItsParametersInOrder) {
  const auto found = parse_query("a=1&b&c=x%3Dy&&d=");
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, (Parameters{{"a", "1"}, {"b", ""}, {"c", "x=y"}, {"d", ""}}));
  EXPECT_FALSE(parse_query("a=%"));
  EXPECT_TRUE(parse_query("")->empty());
}

TEST(Target, CountsAreDigitsOnlyAndBounded) {
  EXPECT_EQ(parse_count("0", 5), 0U);
  EXPECT_EQ(parse_count("5", 5), 5U);
  for (const char* bad : {"", "6", "-1", "+1", " 1", "1 ", "0x1", "1.0", "99999999999999999999"}) {
    EXPECT_FALSE(parse_count(bad, 5)) << bad;
  }
}

TEST(Media, TypeIsComparedWithoutCaseAndParameters) {
  EXPECT_TRUE(is_type("Application/JSON; charset=utf-8", "application/json"));
  EXPECT_FALSE(is_type("application/jsonp", "application/json"));
  EXPECT_FALSE(is_type("", "application/json"));
}

TEST(Media, MostSpecificRangeOfAcceptDecides) {
  EXPECT_EQ(accept_weight("", "application/json"), 1'000);
  EXPECT_EQ(accept_weight("*/*;q=0.5", "application/json"), 500);
  EXPECT_EQ(accept_weight("*/*, application/json;q=0", "application/json"), 0);
  EXPECT_EQ(accept_weight("application/*;q=0.25, */*", "application/json"), 250);
  EXPECT_EQ(accept_weight("text/html, application/xml;q=0.9", "application/json"), 0);
  EXPECT_EQ(accept_weight("TEXT/PLAIN;version=0.0.4;q=0.75", "text/plain"), 750);
  EXPECT_EQ(accept_weight("application/json;q=nonsense", "application/json"), 0);
}

}  // namespace
}  // namespace troth::server
