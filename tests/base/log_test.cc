#include "base/log.h"

#include <gtest/gtest.h>

#include <functional>

namespace polly::log {
namespace {

std::string lines_of(const std::function<void()>& body) {
  testing::internal::CaptureStderr();
  body();
  return testing::internal::GetCapturedStderr();
}

TEST(Log, WritesTimeLevelProgramAndMessage) {
  set_program("polly-test");
  const std::string line = lines_of([] { info("mounted volume={} epoch={}", "pgdata", 2); });
  ASSERT_GT(line.size(), 25U) << line;
  EXPECT_TRUE(line.starts_with("20") && line[10] == 'T' && line[23] == 'Z') << line;
  EXPECT_EQ(line.substr(24), " info polly-test mounted volume=pgdata epoch=2\n");
}

TEST(Log, KeepsOneEventOnOneLine) {
  const std::string line = lines_of([] { warn("said: {}", "a\nb\r\x1b[31m\xff ü {} %v"); });
  EXPECT_NE(line.find("said: a\\nb\\x0d\\x1b[31m\\xff ü {} %v\n"), std::string::npos) << line;
}

TEST(Log, WritesNothingBelowItsLevel) {
  EXPECT_EQ(lines_of([] { debug("quiet"); }), "");
  ASSERT_TRUE(set_level("debug"));
  EXPECT_NE(lines_of([] { debug("loud"); }), "");
  ASSERT_TRUE(set_level("error"));
  EXPECT_EQ(lines_of([] { warn("quiet"); }), "");
  ASSERT_TRUE(set_level("info"));
  EXPECT_EQ(set_level("chatty").error().code, Code::invalid);
}

}  // namespace
}  // namespace polly::log
