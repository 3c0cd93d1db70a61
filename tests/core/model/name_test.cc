#include "core/model/name.h"

#include <gtest/gtest.h>

#include "core/model/version.h"

namespace polly {
namespace {

TEST(Name, FollowsDockersRule) {
  for (std::string_view name : {"ab", "a1", "0a", "notes", "my_app.data-1", "A--"})
    EXPECT_TRUE(check_name("volume", name)) << name;
  EXPECT_TRUE(check_name("volume", std::string(128, 'x')));
}

TEST(Name, RefusesWhatDockerRefusesAndWhatIsNoFileName) {
  for (std::string_view name : {"", "a", ".a", "-a", "_a", "a b", "a/b", "../x", "a\n", "ä1", "a\"", "a:b"}) {
    auto good = check_name("volume", name);
    ASSERT_FALSE(good) << name;
    EXPECT_EQ(good.error().code, Code::invalid);
    EXPECT_NE(good.error().message.find("is no volume name: use 2 to 128"), std::string::npos);
  }
  EXPECT_FALSE(check_name("volume", std::string(129, 'x')));
  EXPECT_FALSE(check_name("volume", std::string_view("a\0b", 3)));
}

TEST(Name, MessageNamesTheKindAndStaysShort) {
  auto good = check_name("pool", std::string(100'000, 'x'));
  ASSERT_FALSE(good);
  EXPECT_NE(good.error().message.find("is no pool name"), std::string::npos);
  EXPECT_LT(good.error().message.size(), 300u);
}

TEST(Version, IsTheProjects) {
  EXPECT_FALSE(version().empty());
  EXPECT_EQ(version().find_first_not_of("0123456789."), std::string_view::npos);
}

}  // namespace
}  // namespace polly
