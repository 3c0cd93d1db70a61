#include "core/rules/hold.h"

#include <gtest/gtest.h>

namespace polly {
namespace {

constexpr auto rw = Access::read_write;
constexpr auto ro = Access::read_only;

Volume mounted(AccessMode mode, const std::string& node, Access access) {
  Volume volume;
  volume.access_mode = mode;
  Mount mount{"m1", {"swarm", "db", ""}, "t1", "c1", access, 0};
  volume.attachments.push_back({Attachment::State::attached, node, "s", {1, 1}, {mount}});
  return volume;
}

bool fits(AccessMode mode, Access first, const std::string& node, Access second) {
  return !find_conflict(mounted(mode, "node1", first), node, second);
}

TEST(Hold, OneMountAdmitsNoSecondOneAnywhere) {
  EXPECT_FALSE(fits(AccessMode::one_mount, ro, "node1", ro));
  EXPECT_FALSE(fits(AccessMode::one_mount, ro, "node2", ro));
}

TEST(Hold, OneNodeAdmitsAnyNumberThereAndNoneElsewhere) {
  EXPECT_TRUE(fits(AccessMode::one_node, rw, "node1", rw));
  EXPECT_FALSE(fits(AccessMode::one_node, ro, "node2", ro));
}

TEST(Hold, OneWriterAdmitsReadersAnywhereButNoSecondWriter) {
  EXPECT_TRUE(fits(AccessMode::one_writer_many_readers, rw, "node2", ro));
  EXPECT_TRUE(fits(AccessMode::one_writer_many_readers, ro, "node2", rw));
  EXPECT_FALSE(fits(AccessMode::one_writer_many_readers, rw, "node1", rw));
  EXPECT_FALSE(fits(AccessMode::one_writer_many_readers, rw, "node2", rw));
}

TEST(Hold, ManyReadersNeverWrite) {
  EXPECT_EQ(allowed_by_mode(AccessMode::many_readers, rw), ro);
  EXPECT_TRUE(fits(AccessMode::many_readers, ro, "node2", ro));
}

TEST(Hold, ManyWritersAllFit) {
  EXPECT_TRUE(fits(AccessMode::many_writers, rw, "node2", rw));
}

TEST(Hold, AnAttachmentOnItsWayOutIsStillInTheWayAndSaysSo) {
  auto volume = mounted(AccessMode::one_node, "node1", rw);
  volume.attachments[0].mounts.clear();
  volume.attachments[0].state = Attachment::State::detaching;
  auto conflict = find_conflict(volume, "node2", rw);
  ASSERT_TRUE(conflict);
  EXPECT_TRUE(conflict->leaving);
  EXPECT_EQ(conflict->mount, nullptr);
}

TEST(Hold, TheConflictNamesTheHolder) {
  auto volume = mounted(AccessMode::one_node, "node1", rw);
  auto conflict = find_conflict(volume, "node2", rw);
  ASSERT_TRUE(conflict && conflict->mount);
  EXPECT_EQ(conflict->node, "node1");
  EXPECT_EQ(conflict->mount->service.text(), "swarm/db");
}

}  // namespace
}  // namespace polly
