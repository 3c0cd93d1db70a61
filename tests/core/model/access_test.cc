#include "core/model/access.h"

#include <gtest/gtest.h>

#include "core/model/pool.h"
#include "core/model/volume.h"

namespace polly {
namespace {

TEST(Access, EverySpellingReadsBack) {
  for (auto mode : {AccessMode::one_mount, AccessMode::one_node, AccessMode::one_writer_many_readers,
                    AccessMode::many_readers, AccessMode::many_writers})
    EXPECT_EQ(*parse_access_mode(to_string(mode)), mode);
  for (auto access : {Access::read_write, Access::read_only}) EXPECT_EQ(*parse_access(to_string(access)), access);
  for (auto access : {DefaultAccess::closed, DefaultAccess::open})
    EXPECT_EQ(*parse_default_access(to_string(access)), access);
}

TEST(Access, AMessageNamesAllChoices) {
  EXPECT_EQ(parse_access_mode("one").error().message,
            "'one' is no access mode; use one-mount, one-node, one-writer-many-readers, many-readers or many-writers");
  EXPECT_EQ(parse_access("RW").error().message, "'RW' is no access; use rw or ro");
  EXPECT_EQ(parse_default_access("").error().message, "'' is no default access; use closed or open");
}

TEST(Pool, CapabilitiesHaveNames) {
  EXPECT_EQ(to_string(Control::coordinator), "coordinator");
  EXPECT_EQ(to_string(Control::node), "node");
  EXPECT_EQ(to_string(Reach::zone), "zone");
  EXPECT_EQ(to_string(Fence::storage), "storage");
}

TEST(Volume, FindsItsAttachmentByNode) {
  Volume volume;
  volume.attachments = {{.node = "node1", .session = "", .epoch = {}, .mounts = {}}};
  EXPECT_EQ(volume.attachment_on("node1"), &volume.attachments[0]);
  EXPECT_EQ(volume.attachment_on("node2"), nullptr);
}

TEST(Epoch, ARestoredStoreNeverGoesBack) {
  EXPECT_LT((Epoch{1, 900}), (Epoch{2, 1}));
  EXPECT_LT((Epoch{1, 1}), (Epoch{1, 2}));
}

}  // namespace
}  // namespace polly
