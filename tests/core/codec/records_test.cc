// Every noun through JSON text and back, with every value of every enum.
#include "core/codec/records.h"

#include <gtest/gtest.h>

namespace polly {
namespace {

Volume full_volume() {
  Volume v;
  v.id = "0123456789abcdef0123456789abcdef";
  v.name = "notes";
  v.pool = "fast";
  v.volume_class = "gold";
  v.size = 10ULL << 30;
  v.filesystem = "ext4";
  v.access_mode = AccessMode::one_writer_many_readers;
  v.default_access = DefaultAccess::open;
  v.origin = Origin::copied;
  v.permissions = "0750";
  v.uid = 999;
  v.gid = 998;
  v.state = Volume::State::ready;
  v.platform_id = "img-1";
  v.serial = "S123";
  v.format = {Format::State::formatted, "7d444840-9dc0-11d1-b245-5ffdce74fad2"};
  v.epoch = {3, UINT64_MAX};
  v.grants = {{{"swarm/db"}, Access::read_write, "ann", 1'700'000'000'000},
              {{"swarm/-@node3"}, Access::read_only, "", 0},
              {{"swarm/web"}, Access::read_only, "", 0, 1'800'000'000'000, "id7"}};
  Mount mount{"m1", {"swarm", "web", "", "id7"}, "t1", "c1", Access::read_only, 1'700'000'000'001};
  v.attachments = {{Attachment::State::attached, "node3", "s1", {3, 7}, {mount, mount}}};
  v.operation = "op1";
  v.created = 1;
  v.created_by = "bob \"the\"\n\x01 builder";
  v.trashed = 2;
  v.trashed_by = "carl";
  v.purge_after = 3;
  return v;
}

Volume through_text(const Volume& volume) {
  auto json = Json::parse(to_json(volume).dump());
  EXPECT_TRUE(json);
  auto back = volume_from_json(*json);
  EXPECT_TRUE(back) << back.error().message;
  return back ? *back : Volume{};
}

TEST(Records, AVolumeComesBackWhole) {
  EXPECT_EQ(through_text(full_volume()), full_volume());
  Volume bare;
  bare.id = "x";
  EXPECT_EQ(through_text(bare), bare);
}

TEST(Records, EveryValueOfEveryEnumComesBack) {
  for (auto state : {Volume::State::creating, Volume::State::ready, Volume::State::trashed, Volume::State::purging})
    for (auto origin : {Origin::made, Origin::copied, Origin::adopted})
      for (auto format : {Format::State::never, Format::State::formatting, Format::State::formatted})
        for (auto attachment :
             {Attachment::State::attaching, Attachment::State::attached, Attachment::State::detaching})
          for (auto access : {Access::read_write, Access::read_only}) {
            auto v = full_volume();
            v.state = state;
            v.origin = origin;
            v.format.state = format;
            v.attachments[0].state = attachment;
            v.attachments[0].mounts[0].access = access;
            v.grants[0].access = access;
            ASSERT_EQ(through_text(v), v);
          }
  for (auto mode : {AccessMode::one_mount, AccessMode::one_node, AccessMode::one_writer_many_readers,
                    AccessMode::many_readers, AccessMode::many_writers}) {
    auto v = full_volume();
    v.access_mode = mode;
    ASSERT_EQ(through_text(v), v);
  }
}

// What decides about data must be there: a record that lost it must not read as a new volume, or as one that nobody
// holds.
TEST(Records, AVolumeThatLostWhatDecidesIsNoVolume) {
  for (const char* key : {"id", "name", "pool", "state", "origin", "format", "epoch", "access_mode"}) {
    Json::Object members = to_json(full_volume()).as_object();
    members.erase(key);
    auto volume = volume_from_json(Json(members));
    ASSERT_FALSE(volume) << key;
    EXPECT_EQ(volume.error().message, fmt::format("volume: '{}': is missing", key));
    members[key] = nullptr;
    EXPECT_FALSE(volume_from_json(Json(members))) << key << " null";
  }
  EXPECT_FALSE(epoch_from_json(Json::object().set("incarnation", 1)));
  EXPECT_FALSE(grant_from_json(Json::object().set("to", "swarm/db")));
  EXPECT_FALSE(mount_from_json(Json::object().set("id", "m1").set("access", "rw"))) << "no service";
}

TEST(Records, MessagesLeadToTheInnermostProblem) {
  auto json = to_json(full_volume());
  json.set("attachments", Json::array().push(Json::object().set("state", "up").set("node", "n").set("epoch", 1)));
  json.set("state", "");
  EXPECT_EQ(
      volume_from_json(json).error().message,
      "volume: 'state': '' is none of creating, ready, trashed, purging; 'attachments': attachment: 'state': 'up' is "
      "none of attaching, attached, detaching; 'epoch': expected an object, found an integer");
}

TEST(Records, KeysOfANewerPeerPass) {
  auto json = to_json(full_volume()).set("color", "blue");
  EXPECT_TRUE(volume_from_json(json));
}

TEST(Records, ANodeComesBackWhole) {
  Node node{"node1", "boot", "session", "swarmid", "20.10.24", "0.1.0", "10.0.0.1:1", 1, 2};
  EXPECT_EQ(*node_from_json(to_json(node)), node);
}

TEST(Records, AnOperationComesBackWhole) {
  for (auto kind :
       {Operation::Kind::create, Operation::Kind::purge, Operation::Kind::attach, Operation::Kind::detach}) {
    auto back = operation_from_json(to_json(Operation{"o1", kind, "v1", "notes", "node1", "ann", 5}));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->kind, kind);
    EXPECT_EQ(to_json(*back), to_json(Operation{"o1", kind, "v1", "notes", "node1", "ann", 5}));
  }
}

TEST(Records, AnEventComesBackWhole) {
  Event event{"e1", 1, "volume.created", "volume notes", "ann", "made"};
  auto back = event_from_json(to_json(event));
  ASSERT_TRUE(back);
  EXPECT_EQ(to_json(*back), to_json(event));
  event.count = 7;
  event.last = 9;
  event.refusal = "1a2b3c4d";
  back = event_from_json(to_json(event));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->count, 7);
  EXPECT_EQ(back->last, 9);
  EXPECT_EQ(back->refusal, "1a2b3c4d");
}

// What was added later is left out where it says nothing: records look as they did, and read as they did.
TEST(Records, WhatAGrantDoesNotLimitIsNotWritten) {
  auto grant = to_json(Grant{{"swarm/db"}, Access::read_write, "ann", 1});
  EXPECT_EQ(grant.dump(), R"({"access":"rw","by":"ann","given":1,"to":"swarm/db"})");
  auto back = grant_from_json(grant);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->expires, 0);
  EXPECT_EQ(back->pin, "");
}

TEST(Records, CapabilitiesAreTold) {
  Capabilities capabilities{Control::node,   Reach::zone, Fence::self, {AccessMode::one_node, AccessMode::many_readers},
                            {"ext4", "xfs"}, false};
  EXPECT_EQ(
      to_json(capabilities).dump(),
      R"({"access_modes":["one-node","many-readers"],"control":"node","fence":"self","filesystems":["ext4","xfs"],)"
      R"("made_at_first_use":false,"reach":"zone","sizes":false})");
}

}  // namespace
}  // namespace polly
