// Tokens, joining and revoking, against a coordinator's real API.
#include <sys/stat.h>

#include "base/files.h"
#include "tests/support/cli/double.h"
#include "tests/swarm/network_fixture.h"

namespace polly::swarm {
namespace {

class JoinCommands : public NetworkTest {
 protected:
  JoinCommands() { config_ = write("node.yml", "node: {name: node1, state: " + (scratch / "node") + "}\n"); }

  std::string write(const std::string& name, const std::string& text) {
    EXPECT_TRUE(files::write_atomically(scratch / name, text));
    return scratch / name;
  }
  // As root on the coordinator's machine.
  test::Outcome there(std::vector<std::string> words) {
    words.insert(words.begin(), {"--config", scratch / "none.yml", "--coordinator", "unix://" + (scratch / "c.sock")});
    return test::run(words);
  }
  // As root on the node.
  test::Outcome here(std::vector<std::string> words) {
    words.insert(words.begin(), {"--config", config_});
    return test::run(words);
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(endpoint.port); }
  std::string made(std::vector<std::string> words = {}) {
    words.insert(words.begin(), {"node", "token"});
    auto text = there(words).out;
    return text.substr(0, text.find('\n'));
  }

  std::string config_;
};

TEST_F(JoinCommands, ATokenIsAllThatIsPrintedAndLetsTheMachineIn) {
  auto token = there({"node", "token"});
  ASSERT_EQ(token.code, 0) << token.err;
  EXPECT_TRUE(JoinToken::parse(token.out.substr(0, token.out.size() - 1))) << token.out;
  EXPECT_NE(token.err.find("lets one node join until"), std::string::npos) << token.err;
  auto joined = here({"node", "join", address(), "--token", token.out.substr(0, token.out.size() - 1)});
  ASSERT_EQ(joined.code, 0) << joined.err;
  EXPECT_EQ(joined.out.find("node 'node1' has joined; its certificate is in " + (scratch / "node/tls")), 0u)
      << joined.out;
  EXPECT_NE(joined.err.find("write \"" + address() + "\" into node.coordinators"), std::string::npos) << joined.err;
  auto version = here({"--coordinator", address(), "version"});
  EXPECT_NE(version.out.find("coordinator"), std::string::npos) << version.out << version.err;
}

TEST_F(JoinCommands, OnceMoreSaysThatItHasJoined) {
  ASSERT_EQ(here({"node", "join", address(), "--token", made()}).code, 0);
  auto again = here({"node", "join", address(), "--token", made(), "-o", "json"});
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_TRUE((*Json::parse(again.out))["already"].as_bool());
}

TEST_F(JoinCommands, ANodeIsNoOperator) {
  ASSERT_EQ(here({"node", "join", address(), "--token", made()}).code, 0);
  EXPECT_EQ(here({"--coordinator", address(), "volume", "ls"}).code, 0);
  auto refused = here({"--coordinator", address(), "node", "ls"});
  EXPECT_EQ(refused.code, 4);
  EXPECT_NE(refused.err.find("run polly as root on the coordinator's machine"), std::string::npos) << refused.err;
}

TEST_F(JoinCommands, AWrongTokenIsRefusedInOneSentence) {
  auto garbage = here({"node", "join", address(), "--token", "SWMTKN-1-x"});
  EXPECT_EQ(garbage.code, 2);
  auto others = JoinToken::parse(made()).value();
  others.ca_fingerprint = std::string(64, 'a');
  EXPECT_EQ(here({"node", "join", address(), "--token", others.text()}).code, 3);
  EXPECT_EQ(here({"node", "join", address(), "--token", made({"--node", "node7"})}).code, 4);
  EXPECT_EQ(here({"node", "join", address()}).code, 2) << "without a token";
  EXPECT_FALSE(files::exists(scratch / "node/tls/certificate.pem"));
}

TEST_F(JoinCommands, TheNameIsTheConfigurationsWhereItHasOne) {
  auto other = here({"node", "join", address(), "--token", made(), "--name", "node9"});
  EXPECT_EQ(other.code, 2);
  EXPECT_NE(other.err.find("change node.name there"), std::string::npos) << other.err;
  config_ = write("unnamed.yml", "node: {state: " + (scratch / "unnamed") + "}\n");
  auto named = here({"node", "join", address(), "--token", made(), "--name", "node9"});
  EXPECT_EQ(named.out.find("node 'node9' has joined"), 0u) << named.out << named.err;
  EXPECT_NE(named.err.find("restart polly-guard and polly-node"), std::string::npos) << named.err;
  EXPECT_EQ(here({"node", "join", address(), "--token", made()}).out.find("node 'node9' has joined already"), 0u);
}

TEST_F(JoinCommands, TokensAreListedAndRevoked) {
  auto one = made({"--node", "node7", "--ttl", "1h"});
  made({"--uses", "20"});
  auto listed = there({"node", "token", "ls"});
  EXPECT_NE(listed.out.find("node 'node7'"), std::string::npos) << listed.out;
  EXPECT_NE(listed.out.find("20 nodes"), std::string::npos) << listed.out;
  EXPECT_EQ(listed.out.find(JoinToken::parse(one)->secret), std::string::npos);
  auto json = Json::parse(there({"node", "token", "ls", "-o", "json"}).out).value();
  for (const auto& token : json["tokens"].as_array()) {
    if (token["node"].as_string() != "node7") continue;
    EXPECT_EQ(token["expires"].as_int() - token["made"].as_int(), 3'600'000);
    EXPECT_EQ(there({"node", "token", "revoke", token["id"].as_string()}).code, 0);
  }
  EXPECT_EQ(there({"node", "token", "ls"}).out.find("node7"), std::string::npos);
  EXPECT_EQ(there({"node", "token", "revoke", "0123456789ab"}).code, 5);
  EXPECT_EQ(there({"node", "token", "--ttl", "soon"}).code, 2);
  EXPECT_EQ(there({"node", "token", "--uses", "0"}).code, 2);
}

TEST_F(JoinCommands, ARevokedNodeIsShownAndRefused) {
  ASSERT_EQ(here({"node", "join", address(), "--token", made()}).code, 0);
  join("node1");
  EXPECT_NE(there({"node", "show", "node1"}).out.find("good until"), std::string::npos);
  EXPECT_EQ(there({"node", "revoke", "node1"}).code, 0);
  EXPECT_NE(there({"node", "ls"}).out.find("revoked"), std::string::npos);
  EXPECT_NE(there({"node", "show", "node1"}).out.find("revoked "), std::string::npos);
  EXPECT_EQ(here({"--coordinator", address(), "volume", "ls"}).code, 3);
  EXPECT_EQ(there({"node", "revoke", "nosuch"}).code, 5);
  EXPECT_EQ(here({"node", "join", address(), "--token", made()}).code, 0) << "with a fresh token";
  EXPECT_EQ(here({"--coordinator", address(), "volume", "ls"}).code, 0);
}

TEST_F(JoinCommands, TheCaIsMadeOnceAndItsFingerprintTold) {
  auto file = write("coordinator.yml", "coordinator: {cluster: lab, state: " + (scratch / "fresh") + "}\n");
  auto first = test::run({"--config", file, "coordinator", "init", "-o", "json"});
  ASSERT_EQ(first.code, 0) << first.err;
  auto fingerprint = (*Json::parse(first.out))["fingerprint"].as_string();
  EXPECT_EQ(fingerprint, x509::read(files::read(scratch / "fresh/ca/certificate.pem").value())->fingerprint);
  auto second = test::run({"--config", file, "coordinator", "init"});
  EXPECT_NE(second.out.find(fingerprint), std::string::npos) << second.out;
  EXPECT_NE(test::run({"--config", config_, "coordinator", "init"}).code, 0) << "a node has none";
}

}  // namespace
}  // namespace polly::swarm
