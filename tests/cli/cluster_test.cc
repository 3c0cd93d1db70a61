// Grants, pools, nodes, status, events, version.
#include <gtest/gtest.h>

#include <sstream>

#include "cli/run.h"
#include "core/codec/records.h"
#include "core/model/version.h"
#include "tests/support/cli/double.h"

namespace polly {
namespace {

class Cluster : public ::testing::Test {
 protected:
  test::Outcome run(std::vector<std::string> words) {
    words.insert(words.begin(), {"--coordinator", coordinator_.address()});
    return test::run(words);
  }

  void answer(const std::string& path, std::string_view body) {
    auto json = Json::parse(body);
    ASSERT_TRUE(json) << json.error().message;
    coordinator_.answer("GET", path, *json);
  }

  test::TemporaryFolder folder_;
  test::Double coordinator_{folder_.path("c.sock")};
};

TEST_F(Cluster, GrantsAreGiven) {
  coordinator_.answer("POST", "/v1/volumes/notes/grants", to_json(test::some_volume()));
  EXPECT_EQ(run({"grant", "notes", "--to", "swarm/writer"}).out, "swarm/writer may read and write volume 'notes'\n");
  EXPECT_EQ(coordinator_.last_asked().body, R"({"access":"rw","to":"swarm/writer"})");
  EXPECT_EQ(run({"grant", "notes", "--to", "swarm/r-*", "--ro"}).out, "swarm/r-* may read volume 'notes'\n");
  EXPECT_EQ(coordinator_.last_asked().body, R"({"access":"ro","to":"swarm/r-*"})");
}

TEST_F(Cluster, GrantsMayBeLimited) {
  auto volume = test::some_volume();
  volume.grants[0].expires = 1'767'225'600'000;
  volume.grants[0].pin = "svc1";
  coordinator_.answer("POST", "/v1/volumes/notes/grants", to_json(volume));
  EXPECT_EQ(run({"grant", "notes", "--to", "swarm/writer", "--expires", "30d", "--pin"}).out,
            "swarm/writer may read and write volume 'notes' until 2026-01-01 00:00:00Z, as long as its id is svc1\n");
  EXPECT_EQ(coordinator_.last_asked().body, R"({"access":"rw","expires":"30d","pin":true,"to":"swarm/writer"})");
  coordinator_.answer("GET", "/v1/volumes/notes", to_json(volume));
  auto out = run({"grants", "notes"}).out;
  EXPECT_NE(out.find("ann@node1  2026-01-01 00:00:00Z, is over  svc1\n"), std::string::npos) << out;
  EXPECT_NE(run({"volume", "show", "notes"}).out.find(", until 2026-01-01 00:00:00Z, pinned to svc1\n"),
            std::string::npos);
}

TEST_F(Cluster, GrantsAreTakenBackAndWhoStillMountsIsTold) {
  auto mount = to_json(test::some_volume().attachments[0].mounts[0]);
  auto mounts = Json::array().push(mount.set("node", "node2"));
  coordinator_.answer("DELETE", "/v1/volumes/notes/grants",
                      Json::object().set("volume", to_json(test::some_volume())).set("still_mounted", mounts));
  auto outcome = run({"revoke", "notes", "--from", "swarm/team-*"});
  EXPECT_EQ(outcome.out,
            "swarm/team-* has no grant on volume 'notes' any more\n"
            "still mounted by swarm/writer on node2, container c0ffee00c0ff: until that container ends\n");
  EXPECT_EQ(coordinator_.last_asked().query["to"], "swarm/team-*");
}

TEST_F(Cluster, GrantsAreListed) {
  coordinator_.answer("GET", "/v1/volumes/notes", to_json(test::some_volume()));
  auto out = run({"grants", "notes"}).out;
  EXPECT_TRUE(out.starts_with("TO            ACCESS  GIVEN")) << out;
  EXPECT_NE(out.find("BY         EXPIRES  PIN\n"), std::string::npos) << out;
  EXPECT_NE(out.find("swarm/reader  ro      -"), std::string::npos) << out;
  auto json = Json::parse(run({"grants", "notes", "-o", "json"}).out);
  EXPECT_EQ((*json)["grants"].as_array().size(), 2u);
}

constexpr std::string_view pool = R"({"name":"images","driver":"loop","total":107374182400,"free":53687091200,
  "promised":268435456,"volumes":1,"error":"","capabilities":{"control":"coordinator","reach":"cluster","fence":"none",
  "access_modes":["one-mount","one-node"],"filesystems":["ext4","xfs"],"sizes":true}})";

TEST_F(Cluster, PoolsAreListedAndShown) {
  std::string broken = R"({"name":"nfs","driver":"directory","total":0,"free":0,"promised":0,"volumes":0,
    "error":"'/srv/nfs': not mounted","capabilities":{"reach":"cluster","fence":"none","sizes":false}})";
  answer("/v1/pools", "{\"pools\":[" + std::string(pool) + "," + broken + "]}");
  answer("/v1/pools/images", pool);
  EXPECT_EQ(run({"pool", "ls"}).out,
            "NAME    DRIVER     TOTAL    FREE    PROMISED  VOLUMES  REACH    FENCE  STATE\n"
            "images  loop       100 GiB  50 GiB  256 MiB   1        cluster  none   ok\n"
            "nfs     directory  0 B      0 B     0 B       0        cluster  none   '/srv/nfs': not mounted\n");
  auto out = run({"pool", "show", "images"}).out;
  for (const char* line :
       {"driver        loop\n", "promised      256 MiB to 1 volumes\n", "access modes  one-mount, one-node\n",
        "filesystems   ext4, xfs\n", "sizes         enforced\n"})
    EXPECT_NE(out.find(line), std::string::npos) << line << "\nis not in\n" << out;
}

constexpr std::string_view node = R"({"name":"node2","boot_id":"b1","session":"s1","swarm_node_id":"sw2",
  "engine_version":"20.10.24","plugin_version":"0.1.0","address":"10.0.0.2:4711","joined":1767225600000,
  "session_opened":1767225600000,"live":true,"since_heartbeat_ms":812,"attachments":["notes"]})";

TEST_F(Cluster, NodesAreListedAndShown) {
  std::string silent = R"({"name":"node3","live":false,"since_heartbeat_ms":3723000,"attachments":[]})";
  answer("/v1/nodes", "{\"nodes\":[" + std::string(node) + "," + silent + "]}");
  EXPECT_EQ(run({"node", "ls"}).out,
            "NAME   STATE             ADDRESS        ENGINE    PLUGIN  SWARM NODE  VOLUMES\n"
            "node2  live              10.0.0.2:4711  20.10.24  0.1.0   sw2         1\n"
            "node3  silent for 1h 2m  -              -         -       -           0\n");
  answer("/v1/nodes/node2", node);
  auto mount = to_json(test::some_volume().attachments[0].mounts[0]);
  mount.set("node", "node2").set("volume", "notes").set("epoch", to_json(Epoch{1, 2}));
  auto elsewhere = mount;
  elsewhere.set("node", "node3").set("volume", "other");
  coordinator_.answer("GET", "/v1/mounts", Json::object().set("mounts", Json::array().push(mount).push(elsewhere)));
  auto out = run({"node", "show", "node2"}).out;
  EXPECT_NE(out.find("mount           notes by swarm/writer rw, epoch 2\n"), std::string::npos) << out;
  EXPECT_NE(out.find("engine          20.10.24\n"), std::string::npos) << out;
  EXPECT_EQ(out.find("other"), std::string::npos) << out;
}

TEST_F(Cluster, StatusNamesWhoIsMissing) {
  answer("/v1/status", R"({"version":"0.1.0","cluster":"lab","uptime_ms":3900000,"pools":2,"volumes":12,"trash":1,
    "operations":0,"nodes":[{"name":"node1","live":true},{"name":"node2","live":false}],
    "schedulers":[{"name":"swarm","driver":"docker","reachable":false,"detail":"connection refused"}]})");
  EXPECT_EQ(run({"status"}).out,
            "cluster      lab\n"
            "coordinator  polly 0.1.0, up 1h 5m\n"
            "pools        2\n"
            "volumes      12, and 1 in the trash\n"
            "operations   0 at work\n"
            "nodes        1 of 2 live; silent: node2\n"
            "scheduler    swarm (docker), not reachable: connection refused\n");
}

TEST_F(Cluster, EventsAreListedForOneVolumeOrAll) {
  answer("/v1/events", R"({"events":[{"id":"e1","at":1767225600000,"kind":"mount.refused","subject":"volume notes",
    "by":"swarm/reader","text":"it has no grant"}]})");
  EXPECT_EQ(run({"event", "ls", "--volume", "notes", "--limit", "5"}).out,
            "AT                    KIND           SUBJECT       BY            WHAT\n"
            "2026-01-01 00:00:00Z  mount.refused  volume notes  swarm/reader  it has no grant\n");
  EXPECT_EQ(coordinator_.last_asked().query["subject"], "volume notes");
  EXPECT_EQ(coordinator_.last_asked().query["limit"], "5");
  run({"event", "ls"});
  EXPECT_EQ(coordinator_.last_asked().query.count("subject"), 0u);
}

TEST_F(Cluster, VersionTellsTheCoordinatorsToo) {
  answer("/v1/version", R"({"version":"9.9.9","api":"v1","cluster":"lab","incarnation":3})");
  auto own = "polly " + std::string(version()) + "\n";
  EXPECT_EQ(run({"version"}).out, own + "coordinator 9.9.9 of cluster 'lab', API v1\n");
  EXPECT_EQ(test::run({"--version"}).out, own);
  auto alone = test::run({"--coordinator", "unix://" + folder_.path("nobody"), "version"});
  EXPECT_EQ(alone.code, 0);
  EXPECT_EQ(alone.out, own);
}

TEST_F(Cluster, ColourIsForTerminals) {
  answer("/v1/nodes", R"({"nodes":[{"name":"node2","live":true,"attachments":[]}]})");
  std::ostringstream out, err;
  EXPECT_EQ(cli::run({"--coordinator", coordinator_.address(), "node", "ls"}, {out, err, true}), 0);
  EXPECT_NE(out.str().find("\x1b[32mlive \x1b[0m"), std::string::npos) << out.str();
  EXPECT_EQ(run({"node", "ls"}).out.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace polly
