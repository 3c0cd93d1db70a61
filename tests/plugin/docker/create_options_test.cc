#include "plugin/frontends/docker/create_options.h"

#include <gtest/gtest.h>

#include "plugin/frontends/docker/bodies.h"
#include "plugin/frontends/docker/describe.h"

namespace polly::node {
namespace {

TEST(CreateOptions, AllAreRead) {
  auto read = read_create_options("notes", {{"size", "10G"},
                                            {"class", "gold"},
                                            {"pool", "fast"},
                                            {"fs", "xfs"},
                                            {"access", "one-mount"},
                                            {"perm", "0750"},
                                            {"uid", "70"},
                                            {"gid", "71"}});
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->size, 10ULL << 30);
  EXPECT_EQ(read->volume_class, "gold");
  EXPECT_EQ(read->pool, "fast");
  EXPECT_EQ(read->filesystem, "xfs");
  EXPECT_EQ(read->access_mode, "one-mount");
  EXPECT_EQ(read->permissions, "0750");
  EXPECT_EQ(read->uid, 70);
  EXPECT_EQ(read->gid, 71);
}

TEST(CreateOptions, AnUnknownOneIsRefusedByNameWithTheKnownOnes) {
  auto read = read_create_options("notes", {{"sise", "10G"}});
  ASSERT_FALSE(read);
  EXPECT_EQ(
      read.error().message,
      "cannot create volume 'notes': there is no option 'sise'; known are size, class, pool, fs, access, perm, uid, "
      "gid");
}

TEST(CreateOptions, WrongOnesAreRefusedWithOptionAndText) {
  const std::pair<std::string, std::string> wrong[] = {{"size", "18446744073709551616"},
                                                       {"size", "ten"},
                                                       {"size", "-1"},
                                                       {"size", ""},
                                                       {"size", "0"},
                                                       {"access", "everybody"},
                                                       {"uid", "-1"},
                                                       {"uid", "4294967295"},
                                                       {"uid", "1x"},
                                                       {"gid", ""},
                                                       {"perm", "rwx"},
                                                       {"perm", "0999"},
                                                       {"perm", "7"},
                                                       {"perm", "07777777"},
                                                       {"class", ""},
                                                       {"gid", "99999999999999999999"}};
  for (const auto& [key, text] : wrong) {
    auto read = read_create_options("notes", {{key, text}});
    ASSERT_FALSE(read) << key << "=" << text;
    EXPECT_NE(read.error().message.find("option " + key + "=" + text), std::string::npos) << read.error().message;
  }
}

TEST(Bodies, WhatAnEngineSendsIsRead) {
  auto call = read_call("{\"Name\":\"notes\",\"Opts\":{\"size\":\"1G\"},\"Newer\":[1]}\n", Wants::name_and_options);
  ASSERT_TRUE(call) << call.error().message;
  EXPECT_EQ(call->name, "notes");
  EXPECT_EQ(call->options, (Options{{"size", "1G"}}));
  EXPECT_TRUE(read_call(R"({"Name":"notes","Opts":null})", Wants::name_and_options)->options.empty());
  EXPECT_TRUE(read_call(R"({"Name":"notes","Opts":{}})", Wants::name_and_options)->options.empty());
  EXPECT_EQ(read_call(R"({"Name":"notes","ID":"m1"})", Wants::name_and_id)->mount_id, "m1");
}

TEST(Bodies, WhatIsWrongIsOneSentence) {
  const std::pair<std::string, Wants> wrong[] = {
      {"", Wants::name},
      {"{", Wants::name},
      {"[]", Wants::name},
      {"null", Wants::name},
      {"7", Wants::name},
      {"{}", Wants::name},
      {R"({"Name":7})", Wants::name},
      {R"({"Name":18446744073709551616})", Wants::name},
      {R"({"Name":null})", Wants::name},
      {R"({"Name":""})", Wants::name},
      {R"({"Name":["a"]})", Wants::name},
      {R"({"Name":"line\nbreak"})", Wants::name},
      {R"({"Name":"aa","Opts":{"size":"1\u0000G"}})", Wants::name_and_options},
      {R"({"Name":"aa","Name":"bb"})", Wants::name},
      {R"({"Name":"aa"})", Wants::name_and_id},
      {R"({"Name":"aa","ID":{}})", Wants::name_and_id},
      {R"({"Name":"aa","Opts":[]})", Wants::name_and_options},
      {R"({"Name":"aa","Opts":"size"})", Wants::name_and_options},
      {R"({"Name":"aa","Opts":{"size":1}})", Wants::name_and_options},
      {"{\"Name\":\"\xff\"}", Wants::name}};
  for (const auto& [body, wants] : wrong) {
    auto call = read_call(body, wants);
    ASSERT_FALSE(call) << body;
    EXPECT_EQ(call.error().message.rfind("cannot understand the call", 0), 0u) << call.error().message;
    EXPECT_EQ(call.error().message.find('\n'), std::string::npos);
  }
}

TEST(Describe, TellsHolderGrantsAndEpoch) {
  Volume volume;
  volume.name = "notes";
  volume.id = "1f";
  volume.pool = "fast";
  volume.size = 256 << 20;
  volume.epoch = {1, 2};
  volume.grants.push_back({*ServicePattern::parse("swarm/writer"), Access::read_write, "", 0});
  Attachment attachment;
  attachment.node = "n2";
  Mount mount;
  mount.service = {"swarm", "reader", ""};
  mount.access = Access::read_only;
  attachment.mounts.push_back(mount);
  volume.attachments.push_back(attachment);
  auto json = Json::parse(describe(volume, "/x", drivers::Usage{100 << 20, 1 << 20}));
  ASSERT_TRUE(json);
  const auto& shown = (*json)["Volume"];
  EXPECT_EQ(shown["Mountpoint"].as_string(), "/x");
  EXPECT_EQ(shown["Status"]["holder"].as_array().at(0).as_string(), "n2 (swarm/reader ro)");
  EXPECT_EQ(shown["Status"]["grants"].as_array().at(0).as_string(), "swarm/writer rw");
  EXPECT_EQ(shown["Status"]["size"].as_string(), "256 MiB");
  EXPECT_EQ(shown["Status"]["used"].as_string(), "1 MiB");
  EXPECT_EQ(shown["Status"]["epoch"].as_int(), 2);
  EXPECT_EQ((*json)["Err"].as_string(), "");
}

}  // namespace
}  // namespace polly::node
