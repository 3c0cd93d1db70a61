#include "core/rules/grants.h"

#include <gtest/gtest.h>

namespace polly {
namespace {

Volume granted_to(std::initializer_list<std::pair<const char*, Access>> grants) {
  Volume volume;
  for (const auto& [to, access] : grants) volume.grants.push_back({ServicePattern{to}, access, "", 0});
  return volume;
}

std::optional<Access> access_of(const Volume& volume, const Service& service, int64_t now = 0) {
  return permission_of(volume, service, now).access;
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

TEST(Grants, AGrantCountsUntilItExpires) {
  auto volume = granted_to({{"swarm/db", Access::read_write}});
  volume.grants[0].expires = 1'767'225'600'000;  // 2026-01-01
  EXPECT_EQ(access_of(volume, db, 1'767'225'599'999), Access::read_write);
  auto permission = permission_of(volume, db, 1'767'225'600'000);
  EXPECT_EQ(permission.access, std::nullopt);
  EXPECT_EQ(why_not(permission), "its grant expired at 2026-01-01 00:00:00Z");
}

TEST(Grants, OfSeveralThatExpiredTheLastIsTold) {
  auto volume = granted_to({{"swarm/db", Access::read_write}, {"swarm/*", Access::read_only}});
  volume.grants[0].expires = 2000;
  volume.grants[1].expires = 1000;
  EXPECT_EQ(why_not(permission_of(volume, db, 3000)), "its grant expired at 1970-01-01 00:00:02Z");
  EXPECT_EQ(access_of(volume, db, 1500), Access::read_write);
}

TEST(Grants, APinnedGrantCountsForThatServiceAlone) {
  auto volume = granted_to({{"swarm/db", Access::read_write}});
  volume.grants[0].pin = "id1";
  EXPECT_EQ(access_of(volume, Service{"swarm", "db", "", "id1"}), Access::read_write);
  for (const auto* id : {"id2", ""}) {
    auto permission = permission_of(volume, Service{"swarm", "db", "", id}, 0);
    EXPECT_EQ(permission.access, std::nullopt) << id;
    EXPECT_EQ(why_not(permission), "its grant is pinned to another service of that name");
  }
}

TEST(Grants, OneThatCountsIsEnoughBesideOthersThatDoNot) {
  auto volume = granted_to({{"swarm/db", Access::read_write}, {"swarm/*", Access::read_only}});
  volume.grants[0].pin = "id1";
  auto permission = permission_of(volume, db, 0);
  EXPECT_EQ(permission.access, Access::read_only);
  ASSERT_NE(permission.grant, nullptr);
  EXPECT_EQ(permission.grant->to.text, "swarm/*");
  EXPECT_EQ(why_not(permission), "");
}

TEST(Grants, WhoNeverHadOneIsToldNothingOfOthers) {
  EXPECT_EQ(why_not(permission_of(granted_to({{"swarm/web", Access::read_write}}), db, 0)), "");
}

}  // namespace
}  // namespace polly
