#include <gtest/gtest.h>

#include "base/http_server.h"
#include "core/codec/refusals.h"
#include "tests/support/cli/double.h"

namespace polly {
namespace {

class Explain : public ::testing::Test {
 protected:
  test::Outcome run(std::vector<std::string> words) {
    words.insert(words.begin(), {"--coordinator", coordinator_.address()});
    return test::run(words);
  }
  void answer(std::string_view body) {
    auto json = Json::parse(body);
    ASSERT_TRUE(json) << json.error().message;
    coordinator_.answer("POST", "/v1/explain", *json);
  }
  std::string stack_of(const std::string& volumes) {
    return folder_.write("stack.yml",
                         "services:\n  db:\n    volumes: [\"data:/data\"]\n  web:\n    volumes: [\"data:/data:ro\"]\n"
                         "volumes:\n  data: " +
                             volumes + "\n");
  }

  test::TemporaryFolder folder_;
  test::Double coordinator_{folder_.path("c.sock")};
};

constexpr std::string_view allowed = R"({"verdict":"allow","access":"ro","exists":true,"reason":"","cure":"",
  "default_access":"closed","rules":[{"rule":"volume","verdict":"pass","text":"it is ready"},
  {"rule":"identity","verdict":"skip","text":"not asked now"}]})";
constexpr std::string_view refused = R"({"verdict":"refuse","code":"refused","exists":true,"default_access":"closed",
  "reason":"volume 'data' is not granted to swarm/db","cure":"an operator can","rules":[{"rule":"grant",
  "verdict":"refuse","text":"volume 'data' is not granted to swarm/db","facts":{"service":"swarm/db"}}]})";
constexpr std::string_view waiting = R"({"verdict":"wait","waits_for":"node 'n' to let go of it","exists":true,
  "reason":"it is held","cure":"it goes on by itself","rules":[{"rule":"holder","verdict":"wait","text":"it is held"}]})";
constexpr std::string_view not_there = R"({"verdict":"refuse","code":"not_found","exists":false,"reason":"no volume",
  "cure":"","default_access":"closed","rules":[]})";

TEST_F(Explain, AMountIsToldRuleByRule) {
  answer(allowed);
  auto outcome = run({"explain", "mount", "data", "--service", "swarm/db", "--node", "node3", "--ro"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "RULE      VERDICT  WHY\n"
            "volume    pass     it is ready\n"
            "identity  skip     not asked now\n"
            "swarm/db may read volume 'data' on node 'node3'\n");
  EXPECT_EQ(coordinator_.last_asked().body,
            R"({"node":"node3","read_only":true,"service":"swarm/db","volume":"data"})");
}

TEST_F(Explain, ARefusedMountEndsWithTheCodeOfRefused) {
  answer(refused);
  auto outcome = run({"explain", "mount", "data", "--service", "swarm/db"});
  EXPECT_EQ(outcome.code, exit_code(Code::refused));
  EXPECT_EQ(outcome.out,
            "RULE   VERDICT  WHY\n"
            "grant  refuse   volume 'data' is not granted to swarm/db\n");
  EXPECT_EQ(
      outcome.err,
      "polly: swarm/db may not mount volume 'data' on whichever node: volume 'data' is not granted to swarm/db; an "
      "operator can\n");
  auto json = Json::parse(run({"explain", "mount", "data", "--service", "swarm/db", "-o", "json"}).out);
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)["rules"].as_array().size(), 1u);
}

TEST_F(Explain, AMountThatWouldWaitEndsWithTheCodeOfBusy) {
  answer(waiting);
  auto outcome = run({"explain", "mount", "data", "--service", "swarm/db", "--node", "node3"});
  EXPECT_EQ(outcome.code, exit_code(Code::busy));
  EXPECT_EQ(outcome.err,
            "polly: swarm/db would wait for volume 'data' on node 'node3': it is held; it goes on by itself\n");
}

TEST_F(Explain, ARefusalIsToldByItsId) {
  Refusal refusal{"1a2b3c4d",
                  "data",
                  "swarm/web",
                  "node1",
                  Code::refused,
                  "cannot mount it",
                  "",
                  {{"grant", Finding::Verdict::refuse, "it is not granted"}},
                  "grant it",
                  1'767'225'600'000,
                  1'767'225'660'000,
                  12,
                  "e1"};
  coordinator_.answer("GET", "/v1/refusals/1a2b3c4d", to_json(refusal));
  auto outcome = run({"explain", "1a2b3c4d"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  for (const char* line : {"refusal  1a2b3c4d\n", "volume   data\n", "service  swarm/web\n", "times    12\n",
                           "first    2026-01-01 00:00:00Z (", "last     2026-01-01 00:01:00Z (",
                           "answer   cannot mount it\n", "cure     grant it\n", "grant  refuse   it is not granted\n"})
    EXPECT_NE(outcome.out.find(line), std::string::npos) << line << "\nis not in\n" << outcome.out;
  EXPECT_EQ(run({"explain", "00000000"}).code, exit_code(Code::not_found));
  EXPECT_EQ(*Json::parse(run({"explain", "1a2b3c4d", "-o", "json"}).out), to_json(refusal));
}

TEST_F(Explain, RepeatsAreOneLineOfWhatHappened) {
  auto events = Json::parse(R"({"events":[{"id":"e1","at":1767225600000,"kind":"mount.refused","subject":"volume data",
    "by":"swarm/web","text":"cannot mount it","count":12,"last":1767225660000,"refusal":"1a2b3c4d"}]})");
  ASSERT_TRUE(events);
  coordinator_.answer("GET", "/v1/events", *events);
  auto out = run({"event", "ls"}).out;
  EXPECT_NE(out.find("swarm/web  12 times, last 2026-01-01 00:01:00Z: cannot mount it (polly explain 1a2b3c4d)\n"),
            std::string::npos)
      << out;
}

TEST_F(Explain, AStackWhoseMountsAreAllAllowedIsFine) {
  answer(allowed);
  auto outcome = run({"explain", "service", stack_of("{driver: polly}"), "--stack", "shop"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "SERVICE   VOLUME     AT     VERDICT  WHY\n"
            "shop_db   shop_data  /data  allow    for reading only: a write would fail\n"
            "shop_web  shop_data  /data  allow    for reading\n");
  EXPECT_EQ(coordinator_.asked()[0].body,
            R"({"class":"","read_only":false,"service":"swarm/shop_db","volume":"shop_data"})");
}

TEST_F(Explain, AStackWithAMountThatWouldBeRefusedIsNot) {
  answer(refused);
  auto file = stack_of("{driver: polly}");
  auto outcome = run({"explain", "service", file});
  EXPECT_EQ(outcome.code, exit_code(Code::refused));
  EXPECT_NE(
      outcome.out.find("db       data    /data  refuse   volume 'data' is not granted to swarm/db; an operator can\n"),
      std::string::npos)
      << outcome.out;
  EXPECT_EQ(outcome.err, "polly: 2 of 2 mounts in '" + file + "' are not allowed\n");
  auto json = Json::parse(run({"explain", "service", file, "-o", "json"}).out);
  ASSERT_TRUE(json);
  EXPECT_FALSE((*json)["allowed"].as_bool(true));
  ASSERT_EQ((*json)["mounts"].as_array().size(), 2u);
  EXPECT_EQ((*json)["mounts"].as_array()[1]["line"].as_int(), 5);
  EXPECT_EQ((*json)["mounts"].as_array()[1]["rules"].as_array().size(), 1u);
}

TEST_F(Explain, OfAVolumeThatIsNotThereTheFirstOwnerIsTold) {
  answer(not_there);
  auto one =
      folder_.write("one.yml", "services: {db: {volumes: [\"data:/data\"]}}\nvolumes: {data: {driver: polly}}\n");
  auto outcome = run({"explain", "service", one, "--stack", "shop"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("made at its first use, swarm/shop_db becomes its owner"), std::string::npos)
      << outcome.out;
  outcome = run({"explain", "service", stack_of("{driver: polly}")});
  EXPECT_EQ(outcome.code, exit_code(Code::refused));
  EXPECT_NE(outcome.out.find("of several services that mount it none becomes its owner; make it before: `polly volume "
                             "create data`, `polly grant data --to swarm/db`"),
            std::string::npos)
      << outcome.out;
  outcome = run({"explain", "service", stack_of("{external: true}")});
  EXPECT_EQ(outcome.code, exit_code(Code::refused));
  EXPECT_NE(outcome.out.find("missing  no volume 'data', and nothing makes an external one"), std::string::npos)
      << outcome.out;
}

TEST_F(Explain, VolumesOfOtherDriversAreNotAskedAbout) {
  auto outcome = run({"explain", "service", stack_of("{}")});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("other    a volume of the driver 'local'"), std::string::npos) << outcome.out;
  EXPECT_TRUE(coordinator_.asked().empty());
}

TEST_F(Explain, AClassThatIsNotThereIsTold) {
  answer(R"({"verdict":"refuse","code":"not_found","exists":false,"reason":"no class 'gold' is configured","cure":"",
    "rules":[{"rule":"class","verdict":"refuse","text":"no class 'gold' is configured"}]})");
  auto outcome = run({"explain", "service", stack_of("{driver: polly, driver_opts: {class: gold}}")});
  EXPECT_EQ(outcome.code, exit_code(Code::refused));
  EXPECT_NE(outcome.out.find("refuse   no class 'gold' is configured\n"), std::string::npos) << outcome.out;
}

TEST_F(Explain, AVolumeNamedForEachTaskCannotBeTold) {
  auto outcome = run({"explain", "service", stack_of("{driver: polly, name: \"data-{{.Task.Slot}}\"}")});
  EXPECT_EQ(outcome.code, exit_code(Code::refused));
  EXPECT_NE(outcome.out.find("data-{{.Task.Slot}}  /data  unknown  its name is another for each task; ask about each "),
            std::string::npos)
      << outcome.out;
}

TEST_F(Explain, ACoordinatorThatIsAwayIsNoVerdict) {
  auto file = stack_of("{driver: polly}");
  coordinator_.answer("POST", "/v1/explain", http::Response::error({Code::unavailable, "away"}));
  auto outcome = run({"explain", "service", file});
  EXPECT_EQ(outcome.code, exit_code(Code::unavailable));
  EXPECT_EQ(outcome.out, "");
}

TEST_F(Explain, AFileThatCannotBeReadIsRefusedWithItsLine) {
  auto file = folder_.write("bad.yml", "services:\n  db: 7\n");
  auto outcome = run({"explain", "service", file});
  EXPECT_EQ(outcome.code, exit_code(Code::invalid));
  EXPECT_EQ(outcome.err, "polly: cannot read '" + file +
                             "' as a compose file: line 2: services.db: expected a map, found an integer\n");
  EXPECT_EQ(run({"explain", "service", folder_.path("nosuch.yml")}).code, exit_code(Code::not_found));
}

TEST_F(Explain, AloneItShowsItsHelp) {
  EXPECT_EQ(run({"explain"}).code, 0);
  EXPECT_NE(run({"explain", "--help"}).out.find("polly explain 1a2b3c4d"), std::string::npos);
}

}  // namespace
}  // namespace polly
