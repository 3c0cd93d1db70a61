#include "core/rules/placement.h"

#include <gtest/gtest.h>

namespace polly {
namespace {

constexpr uint64_t mib = 1 << 20;
constexpr uint64_t gib = 1 << 30;

PoolFacts block_pool(const std::string& name, uint64_t free) {
  Capabilities can;
  can.access_modes = {AccessMode::one_mount, AccessMode::one_node};
  can.filesystems = {"ext4", "xfs"};
  return {name, can, free};
}

PoolFacts directory_pool(const std::string& name) {
  Capabilities can;
  can.access_modes = {AccessMode::one_node, AccessMode::many_writers};
  can.sizes = false;
  return {name, can, 0};
}

CreateVolume request(const std::string& name) {
  CreateVolume request;
  request.name = name;
  return request;
}

const Defaults defaults{gib, DefaultAccess::closed};

TEST(Placement, TheFirstPoolThatWillDoIsTaken) {
  auto volume = place(request("data"), nullptr, {block_pool("small", gib / 2), block_pool("large", 9 * gib)}, defaults);
  ASSERT_TRUE(volume);
  EXPECT_EQ(volume->pool, "large");
  EXPECT_EQ(volume->size, gib);
}

TEST(Placement, SizesAreWholeMebibytes) {
  auto asked = request("data");
  asked.size = 5 * mib + 1;
  EXPECT_EQ(place(asked, nullptr, {block_pool("p1", gib)}, defaults)->size, 6 * mib);
}

TEST(Placement, ANamedPoolThatIsFullIsExhaustedAndToldWithWhatIsFree) {
  auto asked = request("data");
  asked.pool = "small";
  auto volume = place(asked, nullptr, {block_pool("small", 512 * mib)}, defaults);
  ASSERT_FALSE(volume);
  EXPECT_EQ(volume.error().code, Code::exhausted);
  EXPECT_NE(volume.error().message.find("512 MiB are free"), std::string::npos) << volume.error().message;
}

TEST(Placement, AnUnknownPoolIsNotFound) {
  auto asked = request("data");
  asked.pool = "nosuch";
  EXPECT_EQ(place(asked, nullptr, {}, defaults).error().code, Code::not_found);
}

TEST(Placement, ADirectoryHasNoSizeAndRefusesOneThatIsAskedFor) {
  EXPECT_EQ(place(request("data"), nullptr, {directory_pool("files")}, defaults)->size, 0u);
  auto asked = request("data");
  asked.size = gib;
  auto volume = place(asked, nullptr, {directory_pool("files")}, defaults);
  ASSERT_FALSE(volume);
  EXPECT_NE(volume.error().message.find("has no sizes"), std::string::npos);
}

TEST(Placement, AClassChoosesPoolsModeAccessAndLimits) {
  ClassSettings gold;
  gold.name = "gold";
  gold.pools = {"files"};
  gold.access_mode = AccessMode::many_writers;
  gold.access = DefaultAccess::open;
  auto volume = place(request("data"), &gold, {block_pool("p1", 9 * gib), directory_pool("files")}, defaults);
  ASSERT_TRUE(volume);
  EXPECT_EQ(volume->pool, "files");
  EXPECT_EQ(volume->access_mode, AccessMode::many_writers);
  EXPECT_EQ(volume->default_access, DefaultAccess::open);
}

TEST(Placement, AClassLimitsTheSize) {
  ClassSettings small;
  small.name = "small";
  small.max_size = gib;
  auto asked = request("data");
  asked.size = 2 * gib;
  auto volume = place(asked, &small, {block_pool("p1", 9 * gib)}, defaults);
  ASSERT_FALSE(volume);
  EXPECT_EQ(volume.error().code, Code::invalid);
  EXPECT_NE(volume.error().message.find("at most 1 GiB"), std::string::npos);
}

TEST(Placement, ModesFilesystemsAndModesOfFilesAreChecked) {
  auto pools = std::vector{block_pool("p1", 9 * gib)};
  auto asked = request("data");
  asked.access_mode = "everybody";
  EXPECT_EQ(place(asked, nullptr, pools, defaults).error().code, Code::invalid);
  asked = request("data");
  asked.access_mode = "many-writers";
  EXPECT_NE(place(asked, nullptr, pools, defaults).error().message.find("no access mode many-writers"),
            std::string::npos);
  asked = request("data");
  asked.filesystem = "ntfs";
  EXPECT_NE(place(asked, nullptr, pools, defaults).error().message.find("ext4, xfs"), std::string::npos);
  asked = request("data");
  asked.permissions = "rwx";
  EXPECT_NE(place(asked, nullptr, pools, defaults).error().message.find("octal"), std::string::npos);
  asked = request("data");
  asked.uid = -1;
  EXPECT_FALSE(place(asked, nullptr, pools, defaults));
}

TEST(Placement, WhatARequestLeavesOpenDoesNotMakeItDifferent) {
  Volume existing;
  existing.name = "data";
  existing.pool = "p1";
  existing.size = 6 * mib;
  auto asked = request("data");
  EXPECT_TRUE(check_same(existing, asked));
  asked.size = 5 * mib + 1;
  EXPECT_TRUE(check_same(existing, asked));
  asked.size = 7 * mib;
  auto same = check_same(existing, asked);
  ASSERT_FALSE(same);
  EXPECT_EQ(same.error().code, Code::exists);
  EXPECT_NE(same.error().message.find("size 6 MiB, not 7 MiB"), std::string::npos) << same.error().message;
}

}  // namespace
}  // namespace polly
