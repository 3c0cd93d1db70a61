#include "base/within.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace polly {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

TEST(Within, AnAnswerInTimeIsPassedOn) {
  EXPECT_EQ(*within<int>(steady_clock::now() + seconds(60), [] { return Result<int>(7); }), 7);
  auto failed = within<int>(steady_clock::now() + seconds(60),
                            []() -> Result<int> { return fail(Code::not_found, "no such host"); });
  EXPECT_EQ(failed.error().message, "no such host");
}

TEST(Within, ACallThatHangsIsGivenUpAndGoesOnByItself) {
  auto release = std::make_shared<std::promise<void>>();
  auto ended = std::make_shared<std::promise<void>>();
  auto gone_on = ended->get_future();
  auto begin = steady_clock::now();
  auto given_up = within<int>(begin + milliseconds(50), [release, ended]() -> Result<int> {
    release->get_future().wait();
    ended->set_value();
    return 7;
  });
  EXPECT_EQ(given_up.error().code, Code::timeout);
  EXPECT_GE(steady_clock::now() - begin, milliseconds(50));
  release->set_value();
  EXPECT_EQ(gone_on.wait_for(seconds(60)), std::future_status::ready);
}

}  // namespace
}  // namespace polly
