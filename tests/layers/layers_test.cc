#include "tests/support/layers/layers.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

namespace polly::layers {
namespace {

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

TEST(Layers, HoldInThisTree) {
  const auto found = violations(POLLY_SOURCE_DIR);
  EXPECT_TRUE(found.empty()) << joined(found);
}

// A tree of files made up for a test.
class PlantedTree : public testing::Test {
 protected:
  PlantedTree() {
    std::string name = "/tmp/polly-layers-XXXXXX";
    root_ = ::mkdtemp(name.data());
  }
  ~PlantedTree() override { std::filesystem::remove_all(root_); }

  void plant(const std::string& file, const std::string& text) {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }
  void expect_caught(const std::string& file, const std::string& line) {
    plant(file, line + "\n");
    const auto found = violations(root_);
    EXPECT_EQ(found.size(), 1U) << file << ": " << line << "\n" << joined(found);
    EXPECT_TRUE(joined(found).starts_with(file)) << joined(found);
    std::filesystem::remove(root_ / file);
  }
  void expect_fine(const std::string& file, const std::string& line) {
    plant(file, line + "\n");
    const auto found = violations(root_);
    EXPECT_TRUE(found.empty()) << joined(found);
    std::filesystem::remove(root_ / file);
  }
  std::filesystem::path root_;
};

TEST_F(PlantedTree, IncludesAgainstTheGrainAreCaught) {
  expect_caught("base/a.cc", "#include \"core/model/volume.h\"");
  expect_caught("core/rules/a.cc", "#include \"base/clock.h\"");
  expect_caught("core/rules/a.h", "#include \"drivers/driver.h\"");
  expect_caught("drivers/kit/a.cc", "#include \"drivers/loop/loop.h\"");
  expect_caught("drivers/loop/a.cc", "#include \"drivers/directory/directory.h\"");
  expect_caught("drivers/loop/a.cc", "#include \"swarm/store/store.h\"");
  expect_caught("swarm/client/a.cc", "#include \"swarm/api/v1/api.h\"");
  expect_caught("swarm/store/a.cc", "#include \"swarm/policy/decide.h\"");
  expect_caught("swarm/policy/a.cc", "#include \"swarm/schedulers/docker/task.h\"");
  expect_caught("swarm/schedulers/docker/a.cc", "#include \"swarm/sessions/sessions.h\"");
  expect_caught("swarm/operations/a.cc", "#include \"swarm/api/v1/api.h\"");
  expect_caught("swarm/sessions/a.cc", "#include \"drivers/loop/loop.h\"");
  expect_caught("swarm/a.cc", "#include \"drivers/node_registry.h\"");
  expect_caught("plugin/guard/a.cc", "#include \"plugin/node/journal.h\"");
  expect_caught("plugin/guard/a.cc", "#include \"drivers/driver.h\"");
  expect_caught("plugin/node/a.cc", "#include \"swarm/store/store.h\"");
  expect_caught("plugin/node/a.cc", "#include \"drivers/controller_registry.h\"");
  expect_caught("cli/a.cc", "#include \"plugin/node/journal.h\"");
}

TEST_F(PlantedTree, IncludesAlongTheGrainAreNot) {
  expect_fine("core/rules/a.cc", "#include \"base/result.h\"");
  expect_fine("drivers/loop/a.cc", "#include \"drivers/loop/image.h\"");
  expect_fine("drivers/a.cc", "#include \"drivers/loop/loop.h\"");
  expect_fine("swarm/api/v1/a.cc", "#include \"swarm/operations/create.h\"");
  expect_fine("swarm/schedulers/docker/a.cc", "#include \"swarm/policy/scheduler.h\"");
  expect_fine("plugin/node/a.cc", "#include \"swarm/client/coordinator.h\"");
  expect_fine("cli/a.cc", "#include \"swarm/coordinator.h\"");
  expect_fine("tests/core/a.cc", "#include <Poco/Net/Socket.h>");
}

TEST_F(PlantedTree, HeadersOfOthersStayWithTheirOwners) {
  expect_caught("swarm/api/a.cc", "#include <Poco/Net/HTTPServer.h>");
  expect_caught("core/codec/a.cc", "#include <yaml-cpp/yaml.h>");
  expect_caught("swarm/sessions/a.cc", "#include <openssl/x509.h>");
  expect_caught("plugin/node/a.cc", "  #  include <spdlog/spdlog.h>");
  expect_caught("swarm/sessions/a.cc", "#include <sqlite3.h>");
  expect_caught("swarm/store/memory.cc", "#include <sqlite3.h>");
  expect_fine("swarm/store/sqlite_file.cc", "#include <sqlite3.h>");
  expect_fine("base/a.cc", "#include <Poco/Net/HTTPServer.h>");
}

TEST_F(PlantedTree, CoreThatLooksAtTheWorldIsCaught) {
  for (const char* header : {"thread", "mutex", "fstream", "unistd.h", "sys/socket.h", "filesystem", "ctime"}) {
    expect_caught("core/rules/a.cc", std::string("#include <") + header + ">");
  }
  expect_caught("core/rules/a.cc", "auto now = std::chrono::system_clock::now();");
  expect_caught("core/rules/a.cc", "auto now = time(nullptr);");
  expect_caught("core/rules/a.cc", "const char* home = getenv(\"HOME\");");
  expect_fine("core/rules/a.cc", "#include <chrono>  // no system_clock, durations alone");
  expect_fine("core/rules/a.cc", "// never system_clock::now()");
  expect_fine("plugin/node/a.cc", "#include <mutex>");
}

TEST_F(PlantedTree, CodeInAFolderWithoutARuleIsCaught) {
  expect_caught("newroom/a.cc", "");
  expect_caught("main.cc", "");
}

TEST(ForeignSymbols, AreFoundInWhatNmPrints) {
  EXPECT_TRUE(foreign_symbols("polly-guard", "0001 T polly::guard::run()\n0002 T polly::http::Client::call\n").empty());
  EXPECT_EQ(foreign_symbols("polly-guard", "0001 T polly::drivers::kit::mount()\n").size(), 1U);
  EXPECT_EQ(foreign_symbols("polly-node", "0001 t polly::store::(anonymous namespace)::Sqlite::get()\n").size(), 1U);
  EXPECT_EQ(foreign_symbols("polly-node", "                 U sqlite3_open_v2\n").size(), 1U);
  EXPECT_EQ(foreign_symbols("polly-node", "0001 V vtable for polly::drivers::ebs::EbsController\n").size(), 1U);
  EXPECT_TRUE(foreign_symbols("polly-node", "0001 V vtable for polly::drivers::ebs::EbsNode\n").empty());
}

// What is in the executables in the end, whatever the sources say.
class Linked : public testing::TestWithParam<const char*> {};
std::string short_name(const testing::TestParamInfo<const char*>& tested) {
  return std::string(tested.param).substr(sizeof("polly-") - 1);
}
INSTANTIATE_TEST_SUITE_P(Executable, Linked, testing::Values("polly-node", "polly-guard"), short_name);

TEST_P(Linked, HasNothingOfRoomsItMustNotKnow) {
  const std::string rooms = std::string(",") + POLLY_ROOMS_BUILT + ",";
  if (rooms.find(",plugin,") == std::string::npos) GTEST_SKIP() << "the plugin is not part of this build";
  const std::string path = std::string(POLLY_BINARY_DIR) + "/bin/" + GetParam();
  ASSERT_TRUE(std::filesystem::exists(path)) << path << " was not built";
  std::unique_ptr<FILE, int (*)(FILE*)> nm(::popen(("nm -C '" + path + "' 2>&1").c_str(), "r"), ::pclose);
  ASSERT_TRUE(nm);
  std::string output;
  std::array<char, 65536> buffer;
  while (size_t n = std::fread(buffer.data(), 1, buffer.size(), nm.get())) output.append(buffer.data(), n);
  ASSERT_NE(output.find("polly::"), std::string::npos) << "no symbols to look at: was it stripped?";
  const auto found = foreign_symbols(GetParam(), output);
  EXPECT_TRUE(found.empty()) << joined(found);
}

}  // namespace
}  // namespace polly::layers
