#include <gtest/gtest.h>

#include "tests/support/cli/double.h"

namespace polly {
namespace {

class ConfigCheck : public ::testing::Test {
 protected:
  test::Outcome check(const std::string& yaml) {
    file_ = folder_.write("config.yml", yaml);
    return test::run({"config", "check", file_});
  }

  void expect_refused(const std::string& yaml, const std::string& message) {
    auto outcome = check(yaml);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_EQ(outcome.out, "");
    EXPECT_EQ(outcome.err, "polly: cannot use the configuration '" + file_ + "': " + message + "\n");
  }

  test::TemporaryFolder folder_;
  std::string file_;
};

TEST_F(ConfigCheck, SaysWhatTheMachineIs) {
  auto outcome = check("node:\n");
  EXPECT_EQ(outcome.out, file_ + " is ok: it makes this machine a node\n");
  outcome = check("coordinator: {}\n");
  EXPECT_EQ(outcome.out, file_ + " is ok: it makes this machine a coordinator\n");
  outcome = check("coordinator: {}\nnode: {}\n");
  EXPECT_EQ(outcome.out, file_ + " is ok: it makes this machine a coordinator and a node\n");
  outcome = test::run({"-o", "json", "--config", file_, "config", "check"});
  EXPECT_EQ(outcome.out, "{\n  \"file\": \"" + file_ + "\",\n  \"ok\": true\n}\n");
}

TEST_F(ConfigCheck, TellsLineAndKey) {
  expect_refused("coordinator:\n  listn: 127.0.0.1:1\n",
                 "configuration: line 2: coordinator.listn: unknown key; known are classes, cluster, default_access, "
                 "default_size, listen, log_level, pools, schedulers, session_ttl, socket, state, "
                 "trash_retention");
  expect_refused("node: {coordinators: 12}\n", "configuration: line 1: node.coordinators: expected a list of strings");
  expect_refused("", "it has neither a section 'coordinator' nor a section 'node'; write what this machine is");
}

TEST_F(ConfigCheck, TellsTheLineOfWhatIsNoYaml) {
  auto outcome = check("node:\n  name: [\n");
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.err.find("line "), std::string::npos) << outcome.err;
  outcome = check("node:\n  name: aa\n  name: bb\n");
  EXPECT_NE(outcome.err.find("line 3: the key 'node.name' stands twice"), std::string::npos) << outcome.err;
}

TEST_F(ConfigCheck, ChecksAddresses) {
  expect_refused("coordinator:\n  listen: here:70000\n",
                 "line 2: coordinator.listen: not an address: 'here:70000'; a port is a number up to 65535");
  expect_refused(
      "node:\n  engine: https://x\n  coordinators:\n    - 10.0.0.1:7979\n    - a b\n",
      "line 2: node.engine: cannot use the address 'https://x'; known are unix://, tcp:// and http://; line 5: "
      "node.coordinators[1]: not an address: 'a b'; take host:port");
  EXPECT_EQ(check("coordinator:\n  schedulers:\n    swarm:\n      driver: docker\n      managers: [\"unix:x\"]\n").code,
            2);
}

TEST_F(ConfigCheck, AsksEachPoolsDriver) {
  const std::string pools = "coordinator:\n  pools:\n    fast:\n      driver: ";
  expect_refused(pools + "floppy\n",
                 "line 3: coordinator.pools.fast: cannot use pool 'fast': there is no driver 'floppy'; "
                 "known are directory, loop, memory");
  expect_refused(
      pools + "loop\n      pth: /x\n",
      "line 5: coordinator.pools.fast.pth: cannot use pool 'fast' with driver 'loop': 'path': is missing; 'pth': "
      "unknown key; known are capacity, path, provisioning");
  expect_refused(
      pools + "loop\n      path: /x\n      provisioning: thin-ish\n",
      "line 6: coordinator.pools.fast.provisioning: cannot use pool 'fast' with driver 'loop': 'provisioning': "
      "'thin-ish' is neither thick nor thin");
  EXPECT_EQ(check(pools + "loop\n      path: /x\n      capacity: 10G\n").code, 0) << "the path need not be there yet";
}

TEST_F(ConfigCheck, AFileThatIsNotThereIsNotFound) {
  auto outcome = test::run({"config", "check", folder_.path("none.yml")});
  EXPECT_EQ(outcome.code, 5);
  EXPECT_NE(outcome.err.find("none.yml': No such file"), std::string::npos) << outcome.err;
}

}  // namespace
}  // namespace polly
