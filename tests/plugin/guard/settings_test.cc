#include <sys/stat.h>

#include "plugin/guard/arguments.h"
#include "plugin/guard/node_settings.h"
#include "tests/plugin/doubles/scratch.h"

namespace polly::guard {
namespace {

using test::Scratch;
using Variables = std::map<std::string, std::string>;

Environment environment(const Variables& variables) {
  return [&variables](const char* name) -> const char* {
    auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
}

TEST(NodeConfig, WithoutFileAndEnvironmentOneSentenceSaysWhatToDo) {
  auto config = load_node_config("/nowhere/config.yml", environment({}));
  ASSERT_FALSE(config);
  EXPECT_NE(config.error().message.find("POLLY_COORDINATORS"), std::string::npos);
}

TEST(NodeConfig, TheEnvironmentAloneIsEnough) {
  Variables variables = {{"POLLY_COORDINATORS", "10.0.0.1:7979, unix:///run/c.sock"},
                         {"POLLY_JOIN_SECRET", "s3cret"},
                         {"POLLY_NODE", "n7"},
                         {"POLLY_ENGINE", "unix:///var/run/docker.sock"},
                         {"POLLY_PLUGIN_SOCKET", "/run/docker/plugins/p.sock"},
                         {"POLLY_STATE", "/state"},
                         {"POLLY_MOUNTS", "/mnt/volumes"},
                         {"POLLY_MOUNTS_TMPFS", "/mnt"},
                         {"POLLY_RUN", "/run/p"},
                         {"POLLY_LOG_LEVEL", "debug"}};
  ASSERT_OK(config, load_node_config("/nowhere/config.yml", environment(variables)));
  ASSERT_EQ(config.coordinators.size(), 2u);
  EXPECT_EQ(config.coordinators[0].host, "10.0.0.1");
  EXPECT_EQ(config.coordinators[1].socket_path, "/run/c.sock");
  EXPECT_EQ(config.secret, "s3cret");
  EXPECT_EQ(config.settings.name, "n7");
  EXPECT_EQ(config.engine.socket_path, "/var/run/docker.sock");
  EXPECT_EQ(config.settings.plugin_socket, "/run/docker/plugins/p.sock");
  EXPECT_EQ(config.settings.state, "/state");
  EXPECT_EQ(config.settings.mounts, "/mnt/volumes");
  EXPECT_EQ(config.points, "/mnt");
  EXPECT_EQ(config.settings.guard_socket, "/run/p/guard.sock");
  EXPECT_EQ(config.settings.log_level, "debug");
}

TEST(NodeConfig, EmptyVariablesCountAsUnset) {
  Variables variables = {{"POLLY_COORDINATORS", "unix:///run/c.sock"}, {"POLLY_NODE", ""}, {"POLLY_STATE", ""}};
  ASSERT_OK(config, load_node_config("/nowhere", environment(variables)));
  EXPECT_FALSE(config.settings.name.empty());
  EXPECT_EQ(config.settings.state, "/var/lib/polly/node");
  EXPECT_EQ(config.secret, "");
}

TEST(NodeConfig, TheSecretComesFromItsFileWhereACoordinatorIsCalledOverTcp) {
  Scratch scratch;
  Variables variables = {{"POLLY_COORDINATORS", "10.0.0.1"}, {"POLLY_JOIN_SECRET_FILE", scratch / "secret"}};
  auto missing = load_node_config("/nowhere", environment(variables));
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("join secret"), std::string::npos);
  ASSERT_TRUE(files::write_atomically(scratch / "secret", "abc\n"));
  ASSERT_OK(config, load_node_config("/nowhere", environment(variables)));
  EXPECT_EQ(config.secret, "abc");
  ::chmod((scratch / "secret").c_str(), 0644);
  EXPECT_FALSE(load_node_config("/nowhere", environment(variables)));
}

TEST(NodeConfig, TheFileIsReadAndTheEnvironmentComesBeforeIt) {
  Scratch scratch;
  ASSERT_TRUE(files::write_atomically(
      scratch / "config.yml", "node:\n  name: filed\n  coordinators: [\"unix:///run/c.sock\"]\n  state: /filed\n"));
  Variables variables = {{"POLLY_STATE", "/given"}};
  ASSERT_OK(config, load_node_config(scratch / "config.yml", environment(variables)));
  EXPECT_EQ(config.settings.name, "filed");
  EXPECT_EQ(config.settings.state, "/given");
}

TEST(NodeConfig, AFileWithAnUnknownKeyIsRefusedWithItsLine) {
  Scratch scratch;
  ASSERT_TRUE(files::write_atomically(scratch / "config.yml", "node:\n  nmae: x\n"));
  auto config = load_node_config(scratch / "config.yml", environment({}));
  ASSERT_FALSE(config);
  EXPECT_NE(config.error().message.find("nmae"), std::string::npos);
  EXPECT_NE(config.error().message.find("2"), std::string::npos);
}

Result<Arguments> parse(std::vector<std::string> words, bool may_run) {
  words.insert(words.begin(), "polly-guard");
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  return parse_arguments(static_cast<int>(pointers.size()), pointers.data(), may_run);
}

TEST(Arguments, AreRead) {
  EXPECT_EQ(parse({}, false)->config, "/etc/polly/config.yml");
  EXPECT_EQ(parse({"--config", "/x"}, false)->config, "/x");
  EXPECT_EQ(parse({"--config=/y"}, false)->config, "/y");
  EXPECT_EQ(parse({"--config", "/x", "--run", "polly-node", "--config", "/y"}, true)->run,
            (std::vector<std::string>{"polly-node", "--config", "/y"}));
  EXPECT_FALSE(parse({"--run", "x"}, false));
  EXPECT_FALSE(parse({"--run"}, true));
  EXPECT_FALSE(parse({"--config"}, true));
  EXPECT_FALSE(parse({"extra"}, true));
}

}  // namespace
}  // namespace polly::guard
