#include "base/credentials.h"
#include "plugin/guard/arguments.h"
#include "plugin/guard/node_settings.h"
#include "tests/base/tls_fixture.h"
#include "tests/plugin/doubles/scratch.h"

namespace polly::guard {
namespace {

using test::Scratch;
using Variables = std::map<std::string, std::string>;

const std::string token = "POLLY-1-" + std::string(64, 'a') + "-" + std::string(32, '7');

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
                         {"POLLY_JOIN_TOKEN", token},
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
  EXPECT_TRUE(config.coordinators[0].tls) << "over the network it is TLS, said or not";
  ASSERT_TRUE(config.token);
  EXPECT_EQ(config.token->text(), token);
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
  EXPECT_FALSE(config.token);
}

TEST(NodeConfig, ATokenThatIsNoneIsRefusedAndNotRepeated) {
  Variables variables = {{"POLLY_COORDINATORS", "10.0.0.1"}, {"POLLY_JOIN_TOKEN", token.substr(1)}};
  auto config = load_node_config("/nowhere", environment(variables));
  ASSERT_FALSE(config);
  EXPECT_NE(config.error().message.find("no join token"), std::string::npos);
  EXPECT_EQ(config.error().message.find("7777"), std::string::npos);
}

TEST(NodeConfig, PlainHttpIsNotSpokenWithACoordinator) {
  Variables variables = {{"POLLY_COORDINATORS", "http://10.0.0.1"}};
  EXPECT_EQ(load_node_config("/nowhere", environment(variables)).error().code, Code::unsupported);
}

TEST(NodeConfig, WithoutANameItIsTheCertificates) {
  Scratch scratch;
  const http::Ca ca;
  const auto key = tls::ensure_key(scratch / "tls").value();
  const auto request = x509::make_request(key, {"x"}).value();
  EXPECT_DONE(tls::keep(scratch / "tls", x509::sign(ca.certificate, ca.key, request, http::terms("joined-as")).value(),
                        ca.certificate));
  Variables variables = {{"POLLY_COORDINATORS", "10.0.0.1"}, {"POLLY_STATE", scratch.path()}};
  ASSERT_OK(config, load_node_config("/nowhere", environment(variables)));
  EXPECT_EQ(config.settings.name, "joined-as");
  variables["POLLY_NODE"] = "given";
  ASSERT_OK(named, load_node_config("/nowhere", environment(variables)));
  EXPECT_EQ(named.settings.name, "given");
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
