#include "core/rules/grants.h"

#include <gtest/gtest.h>

namespace polly {
namespace {

Volume granted_to(std::initializer_list<std::pair<const char*, Access>> grants) {
  Volume volume;
  for (const auto& [to, access] : grants) volume.grants.push_back({ServicePattern{to}, access, "", 0});
  return volume;
}

const Service db{"swarm", "db", ""};
const Service container{"swarm", "-", "node3"};

TEST(Grants, AClosedVolumeWithoutGrantsAdmitsNobody) {
  EXPECT_EQ(access_of(Volume{}, db), std::nullopt);
  EXPECT_EQ(access_of(Volume{}, container), std::nullopt);
}

TEST(Grants, AnOpenVolumeAdmitsEverybodyToWrite) {
  Volume volume;
  volume.default_access = DefaultAccess::open;
  EXPECT_EQ(access_of(volume, db), Access::read_write);
}

TEST(Grants, TheWidestOfSeveralCounts) {
  auto volume = granted_to({{"swarm/*", Access::read_only}, {"swarm/db", Access::read_write}});
  EXPECT_EQ(access_of(volume, db), Access::read_write);
  EXPECT_EQ(access_of(volume, Service{"swarm", "web", ""}), Access::read_only);
}

TEST(Grants, AGrantCountsForItsSchedulerOnly) {
  EXPECT_EQ(access_of(granted_to({{"mesos15/db", Access::read_write}}), db), std::nullopt);
}

TEST(Grants, AStarDoesNotMeanContainersOutsideServices) {
  EXPECT_EQ(access_of(granted_to({{"swarm/*", Access::read_write}}), container), std::nullopt);
}

TEST(Grants, ContainersOutsideServicesAreNamedOnAnyNodeOrOnOne) {
  EXPECT_EQ(access_of(granted_to({{"swarm/-", Access::read_write}}), container), Access::read_write);
  EXPECT_EQ(access_of(granted_to({{"swarm/-@node3", Access::read_only}}), container), Access::read_only);
  EXPECT_EQ(access_of(granted_to({{"swarm/-@node4", Access::read_write}}), container), std::nullopt);
}

}  // namespace
}  // namespace polly
