#include "core/model/time.h"

#include <gtest/gtest.h>

namespace polly {
namespace {

constexpr int64_t new_year = 1'767'225'600'000;  // 2026-01-01
constexpr int64_t day = 86'400'000;

TEST(Moment, IsWrittenAsPeopleDo) {
  EXPECT_EQ(format_moment(new_year), "2026-01-01 00:00:00Z");
  EXPECT_EQ(format_moment(new_year + day - 1), "2026-01-01 23:59:59Z");
  EXPECT_EQ(format_moment(0), "");
}

TEST(Expiry, IsATimeFromNowOrADay) {
  EXPECT_EQ(parse_expiry("30d", new_year), new_year + 30 * day);
  EXPECT_EQ(parse_expiry("12h", new_year), new_year + day / 2);
  EXPECT_EQ(parse_expiry("2026-01-31", new_year), new_year + 30 * day);
  EXPECT_EQ(parse_expiry("2026-01-01 00:01:02Z", new_year), new_year + 62'000);
  EXPECT_EQ(parse_expiry("2026-01-01T00:01:02Z", new_year), new_year + 62'000);
  EXPECT_EQ(format_moment(*parse_expiry("2028-02-29", new_year)), "2028-02-29 00:00:00Z");
}

TEST(Expiry, WhatIsNoTimeIsRefused) {
  for (const char* text :
       {"", "soon", "30", "30y", "2027-02-29", "2027-13-01", "2027-00-01", "2027-1-1", "-001-01-01",
        "2027-01-31 24:00:00Z", "2027-01-31 12:00", "2027-01-31x", "2027-01-31 12:00:00", "20270131"}) {
    auto expiry = parse_expiry(text, new_year);
    ASSERT_FALSE(expiry) << text;
    EXPECT_EQ(expiry.error().code, Code::invalid);
    EXPECT_NE(expiry.error().message.find("is no time to expire at"), std::string::npos) << expiry.error().message;
  }
}

TEST(Expiry, WhatHasPassedIsRefused) {
  for (const char* text : {"2026-01-01", "2025-12-31", "0s"}) {
    auto expiry = parse_expiry(text, new_year);
    ASSERT_FALSE(expiry) << text;
    EXPECT_EQ(expiry.error().message, fmt::format("'{}' has passed already", text));
  }
}

}  // namespace
}  // namespace polly
