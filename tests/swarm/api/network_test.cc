// Who may call what over the network: a node with its certificate, for itself, and nobody else.
#include "core/codec/claims.h"
#include "tests/base/tls_fixture.h"
#include "tests/swarm/network_fixture.h"

namespace polly::swarm {
namespace {

using Network = NetworkTest;

// "/v1/nodes/{node}/session" with a node's name, and any other parameter alike.
std::string filled(std::string pattern) {
  for (size_t at; (at = pattern.find('{')) != std::string::npos;)
    pattern.replace(at, pattern.find('}') - at + 1, "node1");
  return pattern;
}

TEST_F(Network, WithoutACertificateOnlyJoiningGoes) {
  auto client = stranger();
  for (const auto& [method, pattern] : router.routes()) {
    auto response = ask(*client, method, filled(pattern), Json::object());
    EXPECT_EQ(response.status, pattern == "/v1/join" ? 400 : 401) << method << " " << pattern << response.body;
  }
  EXPECT_TRUE(state.volumes()->empty());
}

TEST_F(Network, ByTheSocketEverythingGoes) {
  auto client = root();
  EXPECT_EQ(ask(*client, "POST", "/v1/volumes", Json::object().set("name", "data")).status, 201);
  EXPECT_EQ(ask(*client, "GET", "/v1/status").status, 200);
  EXPECT_EQ(ask(*client, "POST", "/v1/tokens", Json::object()).status, 201);
}

TEST_F(Network, ACertificateOfAnotherCaEndsTheConnection) {
  const http::Ca other;
  for (auto organization : {node_role, "polly operator"}) {
    auto wanted = http::terms("node1");
    wanted.subject.organization = organization;
    http::Client client(
        endpoint,
        tls::Client::create({.ca = authority->pem(), .identity = other.client(wanted), .server_name = coordinator_host})
            .value());
    EXPECT_EQ(client.call({.path = "/v1/version"}).error().code, Code::unauthenticated);
  }
  EXPECT_TRUE(seen().empty());
}

// Signed by our CA, and yet nobody's: a certificate that is on no record, or that was given for something else.
TEST_F(Network, ACertificateThatIsNotOnRecordCountsForNothing) {
  const auto key = x509::make_key().value();
  const auto signed_for = [&](const std::string& name) {
    return authority->certify_node(name, x509::make_request(key, {name}).value(), clock.wall()).value();
  };
  node("node1");
  for (const char* name : {"node1", "node2"}) {
    http::Client client(
        endpoint, tls::Client::create(
                      {.ca = authority->pem(), .identity = {signed_for(name), key}, .server_name = coordinator_host})
                      .value());
    auto response = ask(client, "GET", "/v1/version");
    EXPECT_EQ(response.status, 401) << name;
    EXPECT_NE(message(response).find("not the one on record"), std::string::npos) << message(response);
  }
}

TEST_F(Network, ANodeMayCallWhatNodesNeedAndNothingElse) {
  auto client = node("node1");
  const std::set<std::string> may = {"GET /v1/version",
                                     "GET /v1/volumes",
                                     "POST /v1/volumes",
                                     "GET /v1/volumes/{name}",
                                     "DELETE /v1/volumes/{name}",
                                     "POST /v1/nodes/{node}/session",
                                     "POST /v1/nodes/{node}/heartbeat",
                                     "PUT /v1/nodes/{node}/engine",
                                     "POST /v1/nodes/{node}/inventory",
                                     "POST /v1/mounts",
                                     "POST /v1/releases",
                                     "POST /v1/formats",
                                     "GET /v1/feed",
                                     "POST /v1/join"};
  for (const auto& [method, pattern] : router.routes()) {
    auto response = ask(*client, method, filled(pattern), Json::object());
    if (may.count(method + " " + pattern) != 0) {
      EXPECT_NE(response.status, 403) << method << " " << pattern << response.body;
    } else {
      EXPECT_EQ(response.status, 403) << method << " " << pattern << response.body;
      EXPECT_NE(message(response).find("takes an operator"), std::string::npos) << message(response);
    }
    EXPECT_NE(response.status, 401) << method << " " << pattern;
  }
}

TEST_F(Network, ANodeActsForItselfAlone) {
  auto client = node("node1");
  join("node2");
  create("data", "open");
  ASSERT_TRUE(mount("data", "db", "node2"));
  const auto session = session_of("node2");
  const MountClaim claim{"data", "m1", "node2", session, {}, true, 0};
  CreateVolume wanted;
  wanted.name = "other";
  wanted.node = "node2";
  const std::vector<std::tuple<std::string, std::string, Json>> calls = {
      {"POST", "/v1/nodes/node2/session", to_json(OpenSession{"node2", "boot9", "", "1"})},
      {"POST", "/v1/nodes/node2/heartbeat", Json::object().set("session", session)},
      {"PUT", "/v1/nodes/node2/engine?session=" + session, to_json(EngineFacts{"swarm2", "1", "1"})},
      {"POST", "/v1/nodes/node2/inventory", to_json(Inventory{"node2", session, 1, {}})},
      {"POST", "/v1/mounts", to_json(claim)},
      {"POST", "/v1/releases", to_json(Release{get("data").id, mount_id("db", "node2"), "node2", session})},
      {"POST", "/v1/formats", to_json(FormatStep{get("data").id, "node2", session, {}, std::string(36, 'a'), {}})},
      {"POST", "/v1/volumes", to_json(wanted)},
  };
  const auto before = memory->list("", "", 1)->revision;
  for (const auto& [method, path, body] : calls) {
    auto response = ask(*client, method, path, body);
    EXPECT_EQ(response.status, 403) << path << response.body;
    EXPECT_NE(message(response).find("'node2'"), std::string::npos) << message(response);
    EXPECT_NE(message(response).find("'node1'"), std::string::npos) << message(response);
  }
  wanted.node = "";
  EXPECT_EQ(ask(*client, "POST", "/v1/volumes", to_json(wanted)).status, 403) << "a node is no person either";
  EXPECT_EQ(memory->list("", "", 1)->revision, before) << "nothing was written";
  EXPECT_EQ(get("data").attachments.size(), 1u);
}

TEST_F(Network, ANodeJoinsMountsAndReleasesOverOneConnection) {
  ASSERT_TRUE(join_by("node1", token()));
  auto coordinator = client::connect({{endpoint},
                                      tls::source_of(std::make_shared<tls::Credentials>(
                                          tls::Credentials::Options{directory("node1"), coordinator_host}))});
  create("data", "open");
  const auto calls_before = seen().size();
  auto session = coordinator->open_session({"node1", "boot1", "", "1"});
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_TRUE(coordinator->heartbeat("node1", session->session));
  EXPECT_TRUE(coordinator->report_engine("node1", session->session, {"swarm1", "1", "1"}));
  auto answer = coordinator->mount({"data", "m1", "node1", session->session, {}, true, 1000});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_TRUE(coordinator->release({answer->volume.id, "m1", "node1", session->session}));
  auto addresses_seen = seen();
  EXPECT_EQ(
      std::set<std::string>(addresses_seen.begin() + static_cast<long>(calls_before), addresses_seen.end()).size(), 1u)
      << "a handshake for each call";
}

TEST_F(Network, WhoAskedIsWhoseCertificateItWas) {
  auto client = node("node1");
  create("data");
  http::Call call{.method = "DELETE", .path = "/v1/volumes/data"};
  call.headers["Polly-By"] = "root@coordinator";
  ASSERT_EQ(client->call(call)->status, 200);
  EXPECT_EQ(state.volumes()->front().value.trashed_by, "node node1");
  CreateVolume wanted;
  wanted.name = "more";
  wanted.node = "node1";
  wanted.by = "root@coordinator";
  ASSERT_EQ(ask(*client, "POST", "/v1/volumes", to_json(wanted)).status, 201);
  EXPECT_EQ(get("more").created_by, "node node1");
}

TEST_F(Network, ARevokedNodeIsRefusedAtOnceAlsoWhereItIsStillConnected) {
  auto client = node("node1");
  ASSERT_EQ(ask(*client, "POST", "/v1/nodes/node1/session", to_json(OpenSession{"node1", "boot1", "", "1"})).status,
            200);
  auto operator_client = root();
  ASSERT_EQ(ask(*operator_client, "POST", "/v1/nodes/node1/revoke").status, 200);
  auto refused = ask(*client, "GET", "/v1/version");
  EXPECT_EQ(refused.status, 401);
  EXPECT_NE(message(refused).find("was revoked"), std::string::npos) << message(refused);
  auto all = seen();
  EXPECT_EQ(all[all.size() - 1], all[all.size() - 3]) << "on the connection that it had";
  auto shown = Json::parse(ask(*operator_client, "GET", "/v1/nodes/node1").body).value();
  EXPECT_FALSE(shown["live"].as_bool()) << "its session has ended";
  EXPECT_EQ(shown["session"].as_string(), "");
  EXPECT_NE(shown["certificate"]["revoked"].as_int(), 0);
  EXPECT_EQ(ask(*operator_client, "POST", "/v1/nodes/nosuch/revoke").status, 404);
}

TEST_F(Network, ARevokedNodeJoinsAnewWithAFreshTokenAndAnotherKey) {
  auto client = node("node1");
  const auto key = tls::ensure_key(directory("node1")).value();
  auto used = token();
  ASSERT_TRUE(admission->revoke("node1", "ann"));
  auto joined = join_by("node1", used);
  ASSERT_TRUE(joined) << joined.error().message;
  EXPECT_FALSE(joined->already);
  EXPECT_NE(tls::ensure_key(directory("node1")).value(), key);
  EXPECT_EQ(ask(*client, "GET", "/v1/version").status, 200) << "whoever runs finds the new one by itself";
}

TEST_F(Network, AnotherStartShowsTheSameCaAndNodesGoOn) {
  auto client = node("node1");
  ASSERT_EQ(ask(*client, "GET", "/v1/version").status, 200);
  const auto fingerprint = authority->certificate().fingerprint;
  stop();
  EXPECT_EQ(client->call({.path = "/v1/version"}).error().code, Code::unavailable);
  start();
  EXPECT_EQ(authority->certificate().fingerprint, fingerprint);
  EXPECT_EQ(ask(*client, "GET", "/v1/version").status, 200);
}

TEST_F(Network, WhoDoesNotSpeakTlsIsToldSoAndHurtsNobody) {
  http::Client plain(http::Endpoint{"", "127.0.0.1", endpoint.port});
  auto told = plain.call({.path = "/v1/volumes"});
  ASSERT_TRUE(told) << told.error().message;
  EXPECT_EQ(told->status, 400);
  EXPECT_NE(message(*told).find("https://"), std::string::npos);
  EXPECT_TRUE(seen().empty());
  EXPECT_EQ(ask(*node("node1"), "GET", "/v1/version").status, 200);
}

TEST_F(Network, TokensAreListedWithoutWhatTheyAreWorth) {
  auto client = root();
  auto made = Json::parse(ask(*client, "POST", "/v1/tokens", Json::object().set("node", "node7")).body).value();
  auto secret = JoinToken::parse(made["token"].as_string())->secret;
  auto listed = ask(*client, "GET", "/v1/tokens");
  EXPECT_EQ(listed.body.find(secret), std::string::npos);
  auto tokens = Json::parse(listed.body).value()["tokens"].as_array();
  ASSERT_EQ(tokens.size(), 1u);
  EXPECT_EQ(tokens[0]["node"].as_string(), "node7");
  EXPECT_EQ(tokens[0]["id"].as_string(), made["id"].as_string());
  EXPECT_EQ(ask(*client, "DELETE", "/v1/tokens/" + tokens[0]["id"].as_string()).status, 200);
  EXPECT_EQ(ask(*client, "DELETE", "/v1/tokens/" + tokens[0]["id"].as_string()).status, 404);
  EXPECT_EQ(ask(*client, "POST", "/v1/tokens", Json::object().set("uses", 0)).status, 400);
}

}  // namespace
}  // namespace polly::swarm
