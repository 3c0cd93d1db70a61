#include <gtest/gtest.h>
#include <sys/stat.h>

#include <sstream>

#include "base/exec.h"
#include "base/files.h"
#include "cli/install/packaged_files.h"
#include "tests/support/cli/double.h"

namespace polly {
namespace {

class Install : public ::testing::Test {
 protected:
  // The programs are said to be in place: a test does not copy its own executable around.
  test::Outcome install(std::vector<std::string> words = {}) {
    words.insert(words.begin(), {"install", "--root", folder_.path(), "--programs", POLLY_BINARY_DIR "/bin"});
    return test::run(words);
  }
  std::string read(const std::string& path) { return files::read(folder_.path(path)).value_or("it is not there"); }
  bool has(const std::string& path) { return files::exists(folder_.path(path)); }
  mode_t mode(const std::string& path) {
    struct stat status {};
    return ::stat(folder_.path(path).c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
  }

  test::TemporaryFolder folder_;
  const std::string units_ = "etc/systemd/system/";
};

TEST_F(Install, PutsEverythingInPlace) {
  auto outcome = install();
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  for (const char* name : {"polly-coordinator", "polly-guard", "polly-node"})
    EXPECT_TRUE(has(units_ + name + ".service")) << name;
  EXPECT_NE(outcome.out.find("polly node join 127.0.0.1:7979 --token \"$(polly node token)\""), std::string::npos)
      << outcome.out;
  EXPECT_EQ(test::run({"config", "check", folder_.path("etc/polly/config.yml")}).code, 0);
  EXPECT_NE(outcome.out.find("polly-guard --config /etc/polly/config.yml"), std::string::npos)
      << "a machine without systemd is told what to start by hand\n"
      << outcome.out;
}

TEST_F(Install, UnitsRunTheProgramsWhereTheyAre) {
  install();
  EXPECT_NE(read(units_ + "polly-node.service").find("ExecStart=" POLLY_BINARY_DIR "/bin/polly-node --config"),
            std::string::npos);
  EXPECT_NE(read(units_ + "polly-coordinator.service").find("ExecStart=" POLLY_BINARY_DIR "/bin/polly coordinator"),
            std::string::npos);
}

TEST_F(Install, OnceMoreKeepsWhatIsThere) {
  install();
  folder_.write("etc/polly/config.yml", "node: {}\n", 0640);
  folder_.write("etc/systemd/system/polly-node.service", "old\n");
  auto outcome = install();
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(read("etc/polly/config.yml"), "node: {}\n");
  EXPECT_EQ(mode("etc/polly/config.yml"), 0640u);
  EXPECT_NE(outcome.out.find("config.yml was there and stays"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("polly-node.service was replaced"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("polly-guard.service is in place"), std::string::npos) << outcome.out;
}

TEST_F(Install, ANodeIsToldHowItJoins) {
  auto outcome = install({"--role", "node", "--coordinator", "10.0.0.7:7979"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_FALSE(has(units_ + "polly-coordinator.service"));
  auto config = read("etc/polly/config.yml");
  EXPECT_NE(config.find("\n  coordinators: [\"10.0.0.7:7979\"]\n"), std::string::npos) << config;
  EXPECT_EQ(config.find("\ncoordinator:"), std::string::npos);
  EXPECT_NE(config.find("\nnode:"), std::string::npos);
  EXPECT_EQ(test::run({"config", "check", folder_.path("etc/polly/config.yml")}).code, 0);
  EXPECT_NE(outcome.out.find("polly node join 10.0.0.7:7979 --token TOKEN"), std::string::npos);
}

TEST_F(Install, ACoordinatorAloneGetsNoPlugin) {
  auto outcome = install({"--role", "coordinator", "-o", "json"});
  ASSERT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_FALSE(has(units_ + "polly-node.service"));
  EXPECT_EQ(read("etc/polly/config.yml").find("\nnode:"), std::string::npos);
  auto json = Json::parse(outcome.out);
  ASSERT_TRUE(json) << outcome.out;
  EXPECT_EQ((*json)["files"].as_array().size(), 2u);
}

TEST_F(Install, PrintsTheUnitsAndChangesNothing) {
  auto outcome = install({"--print"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_NE(outcome.out.find("# /etc/systemd/system/polly-guard.service\n"), std::string::npos);
  EXPECT_NE(outcome.out.find("KillMode=process"), std::string::npos);
  EXPECT_FALSE(has("etc"));
}

TEST_F(Install, ProgramsAreCopiedFromWherePollyStands) {
  auto outcome = test::run({"install", "--root", folder_.path(), "--role", "node"});
  // This test's executable stands beside `polly`; guard and plugin are there in a whole build only.
  if (outcome.code == 0) {
    EXPECT_EQ(mode("usr/local/bin/polly"), 0755u);
    EXPECT_EQ(mode("usr/local/bin/polly-guard"), 0755u);
  } else {
    EXPECT_NE(outcome.err.find("cannot install polly"), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find("build it, it stands beside polly"), std::string::npos) << outcome.err;
  }
}

TEST_F(Install, APlaceThatCannotBeWrittenIsTold) {
  folder_.write("etc", "a file");
  auto outcome = install();
  EXPECT_NE(outcome.code, 0);
  EXPECT_TRUE(outcome.err.starts_with("polly: ")) << outcome.err;
}

std::string unit(const std::string& name) {
  for (const auto& [known, content] : cli::packaged_files())
    if (known == "systemd/" + name) return std::string(content);
  return "";
}

TEST(Units, KeepTheOrderOfTheStart) {
  auto node = unit("polly-node.service"), guard = unit("polly-guard.service");
  EXPECT_NE(node.find("Before=docker.service"), std::string::npos);
  EXPECT_NE(node.find("After=polly-guard.service"), std::string::npos);
  EXPECT_NE(guard.find("Before=docker.service"), std::string::npos);
  EXPECT_NE(guard.find("KillMode=process"), std::string::npos) << "its children outlive it";
  for (const auto& text : {node, guard}) {
    EXPECT_EQ(text.find("network-online"), std::string::npos) << "the plugin answers before the network is there";
    EXPECT_NE(text.find("Restart=always"), std::string::npos);
  }
}

// Each of these gives a service a mount namespace of its own, where its mounts stay unseen.
TEST(Units, OfANodeShareTheHostsMounts) {
  for (const char* name : {"polly-node.service", "polly-guard.service"}) {
    for (const char* setting :
         {"\nPrivateTmp", "\nPrivateDevices", "\nProtectSystem", "\nProtectHome", "\nProtectKernel",
          "\nProtectControlGroups", "\nProtectClock", "\nProtectProc", "\nReadOnlyPaths", "\nReadWritePaths",
          "\nInaccessiblePaths", "\nBindPaths", "\nTemporaryFileSystem", "\nRootDirectory", "\nPrivateMounts",
          "\nDynamicUser", "\nMountFlags=private", "\nMountFlags=slave"})
      EXPECT_EQ(unit(name).find(setting), std::string::npos) << name << " has" << setting;
  }
  EXPECT_NE(unit("polly-node.service").find("\nMountFlags=shared\n"), std::string::npos);
}

TEST_F(Install, SystemdFindsNothingWrongWithTheUnits) {
  // It wants the programs to be there.
  for (const char* name : {"polly", "polly-guard", "polly-node"}) folder_.write(name, "#!/bin/sh\n", 0755);
  for (const char* name : {"polly-coordinator.service", "polly-guard.service", "polly-node.service"}) {
    auto text = unit(name);
    text.replace(text.find("/usr/local/bin"), std::string("/usr/local/bin").size(), folder_.path());
    folder_.write(name, text, 0644);
  }
  std::vector<std::string> command = {"systemd-analyze", "verify", "--man=no"};
  for (const char* name : {"polly-coordinator.service", "polly-guard.service", "polly-node.service"})
    command.push_back(folder_.path(name));
  auto verified = polly::run(command, std::chrono::seconds(60));
  if (!verified) GTEST_SKIP() << "systemd-analyze is not on this machine: " << verified.error().message;
  // Units of the machine's own may have their faults, and those that ours name need not be there.
  std::istringstream lines(verified->output);
  for (std::string line; std::getline(lines, line);)
    EXPECT_FALSE(line.find("polly-") != std::string::npos && line.find("not found") == std::string::npos) << line;
}

}  // namespace
}  // namespace polly
