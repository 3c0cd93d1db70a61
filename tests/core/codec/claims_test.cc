#include "core/codec/claims.h"

#include <gtest/gtest.h>

#include "core/codec/records.h"

namespace polly {
namespace {

// Encodes, decodes and encodes again: equal text means nothing was lost.
template <class T, class Decode>
void expect_round_trip(const T& value, Decode decode) {
  auto text = to_json(value).dump();
  auto json = Json::parse(text);
  ASSERT_TRUE(json) << text;
  auto back = decode(*json);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(to_json(*back).dump(), text);
}

Volume some_volume() {
  Volume volume;
  volume.id = "v1";
  volume.name = "notes";
  volume.pool = "fast";
  return volume;
}

TEST(Claims, OfMoreThanAnyEngineHasAreRefused) {
  MountClaim claim{"notes", "m1", "node1", "s1", {}, false, 0};
  claim.candidates.assign(64, {"c1", "c", "", Candidate::Phase::start});
  EXPECT_TRUE(mount_claim_from_json(to_json(claim)));
  claim.candidates.push_back(claim.candidates[0]);
  EXPECT_EQ(mount_claim_from_json(to_json(claim)).error().code, Code::invalid);
  claim.candidates.resize(1);
  claim.candidates[0].task = std::string(257, 'x');
  EXPECT_EQ(mount_claim_from_json(to_json(claim)).error().code, Code::invalid);
}

TEST(Claims, ComeBackWhole) {
  MountClaim claim{"notes", "m1", "node1", "s1", {}, true, 105'000};
  claim.candidates = {{"c1", "web.1.x", "t1", Candidate::Phase::copy_up}, {"c2", "c", "", Candidate::Phase::start}};
  expect_round_trip(claim, mount_claim_from_json);
  expect_round_trip(MountClaim{}, mount_claim_from_json);
  auto context = Json::object().set("path", "/x").set("list", Json::array().push(1));
  expect_round_trip(MountAnswer{some_volume(), "loop", {1, 2}, Access::read_only, {"swarm", "db", ""}, context},
                    mount_answer_from_json);
  expect_round_trip(Release{"v1", "m1", "node1", "s1"}, release_from_json);
  for (auto step : {FormatStep::Step::begin, FormatStep::Step::done})
    expect_round_trip(FormatStep{"v1", "node1", "s1", {1, 2}, "uuid", step}, format_step_from_json);
  expect_round_trip(CreateVolume{"notes", 1 << 30, "gold", "fast", "xfs", "one-node", "0700", 1, 2, "node1", "ann"},
                    create_volume_from_json);
  expect_round_trip(Inventory{"node1", "s1", 7, {{"v1", {1, 2}, {"m1", "m2"}}, {"v2", {1, 3}, {}, true}}},
                    inventory_from_json);
  expect_round_trip(InventoryAnswer{{"m1"}, {"m2", "m3"}}, inventory_answer_from_json);
}

TEST(Claims, SessionsComeBackWhole) {
  expect_round_trip(OpenSession{"node1", "boot", "s0", "0.1.0"}, open_session_from_json);
  expect_round_trip(SessionGrant{"s1", 12'000, 4'000}, session_grant_from_json);
  expect_round_trip(EngineFacts{"swarmid", "20.10.24", "0.1.0"}, engine_facts_from_json);
}

TEST(Claims, ARequestToCreateIsReadStrictly) {
  auto request = create_volume_from_json(Json::object().set("name", "notes").set("size", "10G"));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->size, 10ULL << 30);
  auto typo = create_volume_from_json(Json::object().set("name", "notes").set("sise", "10G").set("uid", "root"));
  ASSERT_FALSE(typo);
  EXPECT_EQ(typo.error().message,
            "cannot create a volume: 'uid': expected a whole number, found a string; 'sise': unknown key; known are "
            "access_mode, by, class, filesystem, gid, name, node, permissions, pool, size, uid");
  EXPECT_FALSE(create_volume_from_json(Json::object().set("name", "notes").set("size", -1)));
  EXPECT_FALSE(create_volume_from_json(Json::object().set("name", "notes").set("size", UINT64_MAX)));
  EXPECT_FALSE(create_volume_from_json(Json::object()));
}

TEST(Claims, AnAnswerWithoutItsEpochIsNoAnswer) {
  MountAnswer answer{some_volume(), "loop", {1, 2}, Access::read_only, {"swarm", "db", ""}, Json()};
  for (const char* key : {"epoch", "volume", "driver", "access", "service"}) {
    Json::Object members = to_json(answer).as_object();
    members.erase(key);
    EXPECT_FALSE(mount_answer_from_json(Json(members))) << key;
  }
}

TEST(Claims, APhaseIsOneOfTwo) {
  auto claim = to_json(MountClaim{"notes", "m1", "node1", "s1", {}, false, 0});
  claim.set("candidates", Json::array().push(Json::object().set("container", "c1").set("phase", "stop")));
  EXPECT_EQ(mount_claim_from_json(claim).error().message, "candidate: 'phase': 'stop' is none of copy-up, start");
}

}  // namespace
}  // namespace polly
