#include "drivers/kit/mount_table.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tests/drivers/support.h"

namespace polly::drivers::kit {
namespace {

TEST(MountTable, ListsWhatIsBelowADirectoryAndNotBesideIt) {
  auto table = MountTable::parse(
      "30 22 7:0 / /m/b rw - ext4 /dev/loop0 rw\n"
      "31 22 7:0 / /m/a/stage/fs rw - ext4 /dev/loop0 rw\n"
      "32 31 7:0 / /m/a/stage/fs rw - ext4 /dev/loop0 rw\n"
      "33 22 7:0 / /mother/b rw - ext4 /dev/loop0 rw\n"
      "34 22 7:0 / /m rw - ext4 /dev/loop0 rw\n");
  ASSERT_OK(table);
  EXPECT_EQ(table->below("/m"), (std::vector<std::string>{"/m/a/stage/fs", "/m/b"}));
}

TEST(MountTable, ReadsLinesOfAllKinds) {
  auto table = MountTable::parse(
      "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n"
      "40 35 7:3 / /var/lib/polly/a\\040b\\011c\\134d\\012e ro,nodev shared:3 propagate_from:2 - ext4 /dev/loop3 rw\n"
      "41 40 0:22 / /plain rw - tmpfs none rw,size=1k\n");
  ASSERT_OK(table);
  ASSERT_EQ(table->entries().size(), 3u);
  const auto& first = table->entries()[0];
  EXPECT_EQ(first.id, 36);
  EXPECT_EQ(first.parent, 35);
  EXPECT_EQ(first.device, makedev(98, 0));
  EXPECT_EQ(first.root, "/mnt1");
  EXPECT_EQ(first.point, "/mnt2");
  EXPECT_EQ(first.type, "ext3");
  EXPECT_EQ(first.source, "/dev/root");
  EXPECT_FALSE(first.read_only);
  const auto& second = table->entries()[1];
  EXPECT_EQ(second.point, "/var/lib/polly/a b\tc\\d\ne");
  EXPECT_TRUE(second.read_only);
  EXPECT_EQ(second.source, "/dev/loop3");
  EXPECT_EQ(table->entries()[2].point, "/plain");
}

TEST(MountTable, TellsTheUppermostMount) {
  auto table = MountTable::parse(
      "1 0 7:1 / /a rw - ext4 /dev/loop1 rw\n"
      "2 1 7:2 / /a rw - ext4 /dev/loop2 rw\n"
      "3 1 7:3 / /ab rw - ext4 /dev/loop3 rw\n");
  ASSERT_OK(table);
  EXPECT_EQ(table->at("/a")->source, "/dev/loop2");
  EXPECT_EQ(table->at("/"), nullptr);
  EXPECT_EQ(table->at("/a/"), nullptr);
}

TEST(MountTable, LeavesStrangeEscapesAsTheyAre) {
  auto table = MountTable::parse("1 0 7:1 / /a\\9\\04 rw - ext4 \\ rw\n");
  ASSERT_OK(table);
  EXPECT_EQ(table->entries()[0].point, "/a\\9\\04");
}

TEST(MountTable, RefusesWhatIsNoMountTable) {
  for (const std::string text :
       {"x", "1 2 3", "1 0 7:1 / /a rw master:1 ext4 /dev/loop1 rw", "a 0 7:1 / /a rw - ext4 x rw",
        "1 0 7 / /a rw - ext4 x rw", "1 0 7:1 / /a rw - ext4", "- - - - - - - - -"})
    EXPECT_CODE(MountTable::parse(text), Code::corrupt);
}

TEST(MountTable, ReadsThisMachines) {
  auto table = MountTable::read();
  ASSERT_OK(table);
  EXPECT_NE(table->at("/"), nullptr);
  EXPECT_NE(table->at("/proc"), nullptr);
}

TEST(CanonicalPath, ResolvesLinksOnTheWay) {
  test::Scratch scratch;
  ASSERT_EQ(::mkdir((scratch / "real").c_str(), 0755), 0);
  ASSERT_EQ(::symlink("real", (scratch / "link").c_str()), 0);
  EXPECT_EQ(canonical_path(scratch / "link/x").value(), scratch / "real/x");
  EXPECT_EQ(canonical_path("/x").value(), "/x");
  EXPECT_CODE(canonical_path(scratch / "missing/x"), Code::not_found);
  for (const std::string path : {"", "x", "/x/", "/"}) EXPECT_CODE(canonical_path(path), Code::invalid);
}

}  // namespace
}  // namespace polly::drivers::kit
