#include <gtest/gtest.h>

#include <set>

#include "base/result.h"

namespace polly {
namespace {

std::vector<Code> all_codes() {
  std::vector<Code> codes;
  for (int i = 0; i <= static_cast<int>(Code::internal); ++i) codes.push_back(static_cast<Code>(i));
  return codes;
}

TEST(ErrorCodes, HaveEachANameOfTheirOwn) {
  std::set<std::string_view> names;
  for (Code code : all_codes()) {
    EXPECT_EQ(code_from_name(code_name(code)).value(), code);
    names.insert(code_name(code));
  }
  EXPECT_EQ(names.size(), all_codes().size());
  EXPECT_EQ(code_from_name("nonsense").error().code, Code::invalid);
}

TEST(ErrorCodes, HaveEachAnExitCodeThatNoShellUses) {
  std::set<int> exits;
  for (Code code : all_codes()) {
    EXPECT_GT(exit_code(code), 0);
    EXPECT_LT(exit_code(code), 64);
    exits.insert(exit_code(code));
  }
  EXPECT_EQ(exits.size(), all_codes().size());
}

TEST(ErrorCodes, AreHttpErrorsAndComeBackAsTheSameKind) {
  for (Code code : all_codes()) {
    EXPECT_GE(http_status(code), 400);
    EXPECT_LT(http_status(code), 600);
    EXPECT_EQ(http_status(code_from_http_status(http_status(code))), http_status(code)) << code_name(code);
  }
}

TEST(ErrorCodes, GiveAMeaningToStatusesOfOthers) {
  EXPECT_EQ(code_from_http_status(405), Code::unsupported);
  EXPECT_EQ(code_from_http_status(418), Code::invalid);
  EXPECT_EQ(code_from_http_status(503), Code::unavailable);
  EXPECT_EQ(code_from_http_status(599), Code::internal);
}

Result<int> half(int number) {
  if (number % 2) return fail(Code::invalid, "{} is odd", number);
  return number / 2;
}

Result<int> quarter(int number) {
  TRY(first, half(number));
  auto second = half(first);
  if (!second) return fail_with(second.error(), "cannot quarter {}", number);
  return *second;
}

TEST(Result, LeavesTheFunctionWithTheFirstError) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(7).error().message, "7 is odd");
  EXPECT_EQ(quarter(6).error().message, "cannot quarter 6: 3 is odd");
  EXPECT_EQ(quarter(6).error().code, Code::invalid);
}

}  // namespace
}  // namespace polly
