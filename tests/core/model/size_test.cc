#include "core/model/size.h"

#include <gtest/gtest.h>

namespace polly {
namespace {

using std::chrono::milliseconds;

TEST(Size, ReadsWhatPeopleWrite) {
  const std::pair<const char*, uint64_t> cases[] = {
      {"0", 0},
      {"4096", 4096},
      {"4096B", 4096},
      {"512M", 512ULL << 20},
      {"512m", 512ULL << 20},
      {"512MiB", 512ULL << 20},
      {"512MB", 512'000'000},
      {"10G", 10ULL << 30},
      {"10 GiB", 10ULL << 30},
      {"10gib", 10ULL << 30},
      {"10GB", 10'000'000'000},
      {"2TiB", 2ULL << 40},
      {"2TB", 2'000'000'000'000},
      {"7K", 7 * 1024},
      {"7KB", 7'000},
      {"4611686018427387904", 1ULL << 62},
  };
  for (const auto& [text, bytes] : cases) {
    auto size = parse_size(text);
    ASSERT_TRUE(size) << text << ": " << size.error().message;
    EXPECT_EQ(*size, bytes) << text;
  }
}

TEST(Size, RefusesEverythingElseWithAnExample) {
  for (const char* text : {"", " ", "G", "1.5G", "-1", "+1", "1 0G", "10  G", "10G ", " 10G", "10X", "10GG", "0x10",
                           "1e9", "4611686018427387905", "18446744073709551616", "99999999999T", "٣G"}) {
    auto size = parse_size(text);
    ASSERT_FALSE(size) << text << " read as " << *size;
    EXPECT_EQ(size.error().code, Code::invalid);
    EXPECT_NE(size.error().message.find("is no size; write a whole number and a unit, such as 512M"),
              std::string::npos);
  }
}

TEST(Size, MessageQuotesAShortPartOfALongText) {
  auto size = parse_size(std::string(100'000, '9'));
  ASSERT_FALSE(size);
  EXPECT_LT(size.error().message.size(), 200u);
}

TEST(Size, WritesTheLargestUnitThatFits) {
  EXPECT_EQ(format_size(0), "0 B");
  EXPECT_EQ(format_size(1023), "1023 B");
  EXPECT_EQ(format_size(1024), "1 KiB");
  EXPECT_EQ(format_size(1536), "1.5 KiB");
  EXPECT_EQ(format_size(10ULL << 30), "10 GiB");
  EXPECT_EQ(format_size(10'000'000'000), "9.3 GiB");
  EXPECT_EQ(format_size((1ULL << 30) - 1), "1.0 GiB") << "never 1024.0 MiB";
  EXPECT_EQ(format_size(5000ULL << 40), "5000 TiB");
}

TEST(Duration, ReadsWhatPeopleWrite) {
  EXPECT_EQ(*parse_duration("250ms"), milliseconds(250));
  EXPECT_EQ(*parse_duration("30s"), milliseconds(30'000));
  EXPECT_EQ(*parse_duration("15m"), milliseconds(15 * 60'000));
  EXPECT_EQ(*parse_duration("12h"), milliseconds(12 * 3'600'000));
  EXPECT_EQ(*parse_duration("7d"), milliseconds(7 * 86'400'000LL));
  EXPECT_EQ(*parse_duration("0s"), milliseconds(0));
}

TEST(Duration, NeedsAUnit) {
  for (const char* text : {"", "30", "s", "-1s", "1.5h", "1h30m", "1w", "99999999999999d"}) {
    auto duration = parse_duration(text);
    ASSERT_FALSE(duration) << text;
    EXPECT_NE(duration.error().message.find("such as 30s"), std::string::npos);
  }
}

TEST(Duration, WritesTwoUnitsAtMost) {
  EXPECT_EQ(format_duration(milliseconds(-5)), "0ms");
  EXPECT_EQ(format_duration(milliseconds(999)), "999ms");
  EXPECT_EQ(format_duration(milliseconds(12'345)), "12s");
  EXPECT_EQ(format_duration(milliseconds(60'000)), "1m");
  EXPECT_EQ(format_duration(milliseconds(61'000)), "1m 1s");
  EXPECT_EQ(format_duration(milliseconds(3'600'000 + 5 * 60'000)), "1h 5m");
  EXPECT_EQ(format_duration(milliseconds(7 * 86'400'000LL)), "7d");
  EXPECT_EQ(format_duration(milliseconds(25 * 3'600'000)), "1d 1h");
}

}  // namespace
}  // namespace polly
