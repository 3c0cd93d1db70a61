#include "core/codec/settings.h"

#include <gtest/gtest.h>

#include "base/yaml.h"

namespace polly {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

Result<Settings> read(std::string_view text) {
  TRY(document, yaml::parse(text));
  return settings_from_json(document.value, document.lines);
}

std::string message(std::string_view text) {
  auto settings = read(text);
  return settings ? "it was accepted" : settings.error().message;
}

TEST(Settings, ReadsEveryKey) {
  auto settings = read(R"(coordinator:
  cluster: lab
  state: /s
  listen: 10.0.0.1:1
  socket: /sock
  default_access: open
  default_size: 2G
  trash_retention: 1h
  session_ttl: 5s
  log_level: warn
  pools:
    fast: {driver: loop, capacity: 10G, path: /srv/fast, thin: true}
    slow: {driver: directory, path: /srv/slow}
  classes:
    gold:
      pools: [slow, fast]
      fs: xfs
      access_mode: one-mount
      access: open
      default_size: 1G
      max_size: 4G
      trash_retention: 2h
  schedulers:
    swarm: {driver: docker, managers: ["unix:///run/docker.sock"]}
node:
  name: node1
  coordinators: ["10.0.0.1:1", "10.0.0.2:1"]
  engine: tcp://e
  plugin_socket: /plugin
  guard_socket: /guard
  state: /ns
  mounts: /m
  run: /r
  log_level: debug
)");
  ASSERT_TRUE(settings) << settings.error().message;
  const auto& c = *settings->coordinator;
  EXPECT_EQ(c.cluster + c.state + c.listen + c.socket, "lab/s10.0.0.1:1/sock");
  EXPECT_EQ(c.default_access, DefaultAccess::open);
  EXPECT_EQ(c.default_size, 2ULL << 30);
  EXPECT_EQ(c.trash_retention, milliseconds(hours(1)));
  EXPECT_EQ(c.session_ttl, milliseconds(5'000));
  EXPECT_EQ(c.log_level, "warn");
  ASSERT_EQ(c.pools.size(), 2u);
  EXPECT_EQ(c.pools[0].name + c.pools[0].driver, "fastloop");
  EXPECT_EQ(c.pools[0].capacity, 10ULL << 30);
  EXPECT_EQ(c.pools[0].driver_settings.dump(), R"({"path":"/srv/fast","thin":true})");
  EXPECT_EQ(c.pools[1].capacity, std::nullopt);
  ASSERT_EQ(c.classes.size(), 1u);
  const auto& gold = c.classes[0];
  EXPECT_EQ(gold.name, "gold");
  EXPECT_EQ(gold.pools, (std::vector<std::string>{"slow", "fast"}));
  EXPECT_EQ(gold.filesystem, "xfs");
  EXPECT_EQ(gold.access_mode, AccessMode::one_mount);
  EXPECT_EQ(gold.access, DefaultAccess::open);
  EXPECT_EQ(gold.default_size, 1ULL << 30);
  EXPECT_EQ(gold.max_size, 4ULL << 30);
  EXPECT_EQ(gold.trash_retention, milliseconds(hours(2)));
  ASSERT_EQ(c.schedulers.size(), 1u);
  EXPECT_EQ(c.schedulers[0].name + c.schedulers[0].driver + c.schedulers[0].managers.at(0),
            "swarmdockerunix:///run/docker.sock");
  const auto& n = *settings->node;
  EXPECT_EQ(n.name + n.engine + n.plugin_socket + n.guard_socket + n.state + n.mounts + n.run + n.log_level,
            "node1tcp://e/plugin/guard/ns/m/rdebug");
  EXPECT_EQ(n.coordinators, (std::vector<std::string>{"10.0.0.1:1", "10.0.0.2:1"}));
}

TEST(Settings, ARoleIsThereWithItsSectionAlone) {
  auto none = read("");
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->coordinator || none->node);
  auto node = read("node:\n");
  ASSERT_TRUE(node) << node.error().message;
  EXPECT_FALSE(node->coordinator);
  ASSERT_TRUE(node->node);
  EXPECT_EQ(node->node->plugin_socket, NodeSettings{}.plugin_socket);
  EXPECT_EQ(node->node->coordinators, NodeSettings{}.coordinators);
  auto coordinator = read("coordinator: {}\n");
  ASSERT_TRUE(coordinator);
  EXPECT_EQ(coordinator->coordinator->session_ttl, CoordinatorSettings{}.session_ttl);
}

TEST(Settings, UnknownKeysAreToldWithLineAndKey) {
  EXPECT_EQ(message("coordinater:\n  state: /s\n"),
            "configuration: line 1: coordinater: unknown key; known are coordinator, node");
  EXPECT_EQ(message("coordinator:\n  classes:\n    gold:\n      filesystem: xfs\n"),
            "configuration: line 4: coordinator.classes.gold.filesystem: unknown key; known are access, access_mode, "
            "default_size, fs, max_size, pools, trash_retention");
  EXPECT_NE(message("node:\n  name: node1\n\n  mount: /m\n").find("line 4: node.mount: unknown key; known are"),
            std::string::npos);
  EXPECT_NE(message("coordinator:\n  schedulers:\n    swarm: {driver: docker, manager: x}\n")
                .find("line 3: coordinator.schedulers.swarm.manager: unknown key; known are driver, managers"),
            std::string::npos);
}

TEST(Settings, WrongTypesAreToldWithLineAndKey) {
  const std::pair<const char*, const char*> cases[] = {
      {"[]", "configuration: expected an object, found an array"},
      {"coordinator: 12", "configuration: line 1: coordinator: expected an object, found an integer"},
      {"coordinator:\n  listen: 12", "configuration: line 2: coordinator.listen: expected a string, found an integer"},
      {"coordinator:\n  pools:\n    - fast",
       "configuration: line 2: coordinator.pools: expected an object, found an array"},
      {"coordinator:\n  pools:\n    fast: loop",
       "configuration: line 3: coordinator.pools.fast: expected an object, found a string; line 3: "
       "coordinator.pools.fast.driver: is missing"},
      {"coordinator:\n  pools:\n    fast:\n      path: /x",
       "configuration: line 3: coordinator.pools.fast.driver: is missing"},
      {"coordinator:\n  pools:\n    fast:\n      driver: loop\n      capacity: many",
       "configuration: line 5: coordinator.pools.fast.capacity: 'many' is no size; write a whole number and a unit, "
       "such "
       "as 512M, 10G or 2TiB"},
      {"node:\n  coordinators: here", "configuration: line 2: node.coordinators: expected a list of strings"},
      {"node:\n  coordinators: []", "configuration: line 2: node.coordinators: expected at least one address"},
      {"node:\n  log_level: loud",
       "configuration: line 2: node.log_level: 'loud' is no log level; use debug, info, warn or error"},
      {"node:\n  mounts: var/mounts",
       "configuration: line 2: node.mounts: 'var/mounts' is no absolute path; begin it with /"},
      {"node:\n  name: a",
       "configuration: line 2: node.name: 'a' is no node name: use 2 to 128 letters, digits, '_', '.' "
       "or '-', a letter or a digit first"},
      {"coordinator:\n  session_ttl: 10ms",
       "configuration: line 2: coordinator.session_ttl: expected a time from 1s to 10m"},
      {"coordinator:\n  session_ttl: 12",
       "configuration: line 2: coordinator.session_ttl: '12' is no time; write a whole "
       "number and a unit, such as 30s, 15m, 12h or 7d"},
      {"coordinator:\n  default_access: yes",
       "configuration: line 2: coordinator.default_access: 'yes' is no default access; use closed or open"},
      {"coordinator:\n  classes:\n    gold:\n      pools: [fast]",
       "configuration: line 4: coordinator.classes.gold.pools: no pool is named 'fast'"},
      {"coordinator:\n  classes:\n    gold:\n      default_size: 2G\n      max_size: 1G",
       "configuration: line 4: coordinator.classes.gold.default_size: is larger than max_size"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(message(text), expected) << text;
}

TEST(Settings, AllProblemsAreToldAtOnce) {
  EXPECT_EQ(
      message("coordinator:\n  listen: 1\nnode:\n  engine: 2\n"),
      "configuration: line 2: coordinator.listen: expected a string, found an integer; line 4: node.engine: expected "
      "a string, found an integer");
}

TEST(Settings, NamesAreChecked) {
  EXPECT_NE(message("coordinator:\n  pools:\n    f: {driver: loop}\n")
                .find("line 3: coordinator.pools.f: 'f' is no pool name"),
            std::string::npos);
  EXPECT_NE(
      message("coordinator:\n  classes:\n    -x: {}\n").find("line 3: coordinator.classes.-x: '-x' is no class name"),
      std::string::npos);
  EXPECT_NE(message("coordinator:\n  cluster: a b\n").find("line 2: coordinator.cluster: 'a b' is no cluster name"),
            std::string::npos);
}

}  // namespace
}  // namespace polly
