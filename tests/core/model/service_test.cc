#include "core/model/service.h"

#include <gtest/gtest.h>

namespace polly {
namespace {

bool matches(std::string_view pattern, const Service& service) {
  auto parsed = ServicePattern::parse(pattern);
  EXPECT_TRUE(parsed) << pattern;
  return parsed && parsed->matches(service);
}

const Service db{"swarm", "db", ""};
const Service outside_node1{"swarm", "-", "node1"};

TEST(Service, IsWrittenWithItsScheduler) {
  EXPECT_EQ(db.text(), "swarm/db");
  EXPECT_EQ(outside_node1.text(), "swarm/-@node1");
}

TEST(ServicePattern, NamesOneService) {
  EXPECT_TRUE(matches("swarm/db", db));
  EXPECT_FALSE(matches("swarm/db2", db));
  EXPECT_FALSE(matches("swarm/d", db));
  EXPECT_FALSE(matches("mesos15/db", db));
}

TEST(ServicePattern, AStarStandsForAnyRunOfCharacters) {
  EXPECT_TRUE(matches("swarm/*", db));
  EXPECT_TRUE(matches("swarm/d*", db));
  EXPECT_TRUE(matches("swarm/*b", db));
  EXPECT_TRUE(matches("swarm/d*b", db));
  EXPECT_TRUE(matches("swarm/*d*b*", db));
  EXPECT_FALSE(matches("swarm/*c*", db));
  EXPECT_FALSE(matches("swarm/d*d", db));
  EXPECT_TRUE(matches("swarm/team-*-db", {"swarm", "team-a-b-db", ""}));
  EXPECT_FALSE(matches("swarm/team-*-db", {"swarm", "team-db", ""}));
  EXPECT_TRUE(matches("swarm/*ab*ab", {"swarm", "abababab", ""}));
}

TEST(ServicePattern, AStarNeverMeansContainersOutsideServices) {
  EXPECT_FALSE(matches("swarm/*", outside_node1));
  EXPECT_FALSE(matches("swarm/-*", outside_node1));
  EXPECT_TRUE(matches("swarm/-", outside_node1)) << "on any node";
  EXPECT_TRUE(matches("swarm/-@node1", outside_node1));
  EXPECT_FALSE(matches("swarm/-@node2", outside_node1));
  EXPECT_TRUE(matches("swarm/-@node*", outside_node1));
  EXPECT_FALSE(matches("swarm/-", db));
  EXPECT_FALSE(matches("kubernetes1/-", outside_node1));
}

TEST(ServicePattern, ManyStarsOnALongNameTakeNoTime) {
  EXPECT_FALSE(matches("swarm/*a*a*a*b", {"swarm", std::string(200, 'a'), ""}));
}

TEST(ServicePattern, RefusesWhatNamesNoService) {
  for (const char* text : {"", "db", "/db", "swarm/", "swarm", "*/db", "sw*/db", "swarm/a b", "swarm/a/b",
                           "swarm/db@node1", "swarm/-@", "swarm/-@a@b", "swarm/*****", "swarm/d\nb"}) {
    auto parsed = ServicePattern::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, Code::invalid);
    EXPECT_NE(parsed.error().message.find("names no service; write SCHEDULER/SERVICE such as swarm/db"),
              std::string::npos);
  }
}

TEST(ServicePattern, OnlyTheNameOfOneServiceNamesOne) {
  ASSERT_TRUE(ServicePattern{"swarm/db"}.one_service());
  EXPECT_EQ(ServicePattern{"swarm/db"}.one_service()->text(), "swarm/db");
  for (const char* text : {"swarm/*", "swarm/team-*", "swarm/-", "swarm/-@node1"})
    EXPECT_FALSE(ServicePattern{text}.one_service()) << text;
}

}  // namespace
}  // namespace polly
