// The v1 API over a real socket, spoken to as any client would.
#include <unistd.h>

#include "base/http_client.h"
#include "swarm/api/v1/api.h"
#include "swarm/client/coordinator.h"
#include "tests/base/scratch.h"
#include "tests/swarm/fixture.h"

namespace polly::swarm {
namespace {

class ApiV1 : public CoordinatorTest {
 protected:
  ApiV1() {
    http::Endpoint endpoint{"/tmp/polly-api-" + std::to_string(getpid()) + ".sock", "", 0};
    auto started =
        http::Server::start(endpoint, v1::make_router({context, journal, sessions, admission, policy, schedulers}));
    EXPECT_TRUE(started) << started.error().message;
    server = *std::move(started);
    client = std::make_unique<http::Client>(endpoint);
    coordinator = client::connect({{endpoint}});
  }

  http::Response ask(const std::string& method, const std::string& path, const std::string& body = "") {
    http::Call call;
    call.method = method;
    call.path = path;
    call.body = body;
    auto response = client->call(call);
    EXPECT_TRUE(response) << response.error().message;
    return response.value_or(http::Response{});
  }

  static CoordinatorSettings at(const Scratch& scratch) {
    CoordinatorSettings where;
    where.state = scratch.path();
    return where;
  }
  static Json json(const http::Response& response) { return Json::parse(response.body).value_or(Json()); }

  Scratch scratch;
  Authority authority = Authority::open(at(scratch), clock.wall()).value();
  Admission admission{context, authority};
  std::unique_ptr<http::Server> server;
  std::unique_ptr<http::Client> client;
  std::unique_ptr<client::Coordinator> coordinator;
};

TEST_F(ApiV1, AVolumeIsMadeShownListedRemovedAndRestored) {
  EXPECT_EQ(ask("POST", "/v1/volumes", R"({"name":"data","size":"2G"})").status, 201);
  EXPECT_EQ(ask("POST", "/v1/volumes", R"({"name":"data","size":"2G"})").status, 200);
  EXPECT_EQ(json(ask("GET", "/v1/volumes/data"))["size"].as_uint(), uint64_t{2} << 30);
  EXPECT_EQ(json(ask("GET", "/v1/volumes"))["volumes"].as_array().size(), 1u);
  EXPECT_EQ(ask("DELETE", "/v1/volumes/data").status, 200);
  EXPECT_EQ(ask("GET", "/v1/volumes/data").status, 404);
  EXPECT_EQ(json(ask("GET", "/v1/volumes?trash=1"))["volumes"].as_array().size(), 1u);
  EXPECT_EQ(ask("POST", "/v1/trash/data/restore").status, 200);
  EXPECT_EQ(ask("GET", "/v1/volumes/data").status, 200);
}

TEST_F(ApiV1, BadInputGetsOneSentenceAndTheRightStatus) {
  const std::vector<std::tuple<std::string, int, std::string>> cases = {
      {"", 400, ""},
      {"{", 400, ""},
      {"[]", 400, "expected an object"},
      {R"({"nam":"x"})", 400, "unknown key"},
      {R"({"name":7})", 400, "expected a string"},
      {R"({"name":"../x"})", 400, "no volume name"},
      {R"({"name":"data","size":"many"})", 400, "no size"},
      {R"({"name":"data","size":18446744073709551616})", 400, ""},
      {R"({"name":"data","pool":"nosuch"})", 404, "no pool 'nosuch'"},
      {R"({"name":"data","class":"nosuch"})", 404, "no class 'nosuch'"},
      {R"({"name":"data","size":"2T"})", 507, "are free"},
  };
  for (const auto& [body, status, words] : cases) {
    auto response = ask("POST", "/v1/volumes", body);
    EXPECT_EQ(response.status, status) << body << response.body;
    auto message = json(response)["error"]["message"].as_string();
    EXPECT_FALSE(message.empty()) << body;
    EXPECT_NE(message.find(words), std::string::npos) << body << ": " << message;
  }
  EXPECT_TRUE(state.volumes()->empty());
}

TEST_F(ApiV1, GrantsAreGivenListedAndTakenBack) {
  ask("POST", "/v1/volumes", R"({"name":"data"})");
  EXPECT_EQ(ask("POST", "/v1/volumes/data/grants", R"({"to":"swarm/db","access":"ro"})").status, 200);
  EXPECT_EQ(get("data").grants.size(), 1u);
  EXPECT_EQ(ask("POST", "/v1/volumes/data/grants", R"({"to":"swarm/db"})").status, 200);
  EXPECT_EQ(get("data").grants.size(), 1u) << "the same subject's grant is replaced";
  EXPECT_EQ(ask("POST", "/v1/volumes/data/grants", R"({"to":"db"})").status, 400);
  EXPECT_EQ(ask("POST", "/v1/volumes/data/grants", "{}").status, 400);
  EXPECT_EQ(ask("DELETE", "/v1/volumes/data/grants?to=swarm%2Fweb").status, 404);
  EXPECT_EQ(ask("DELETE", "/v1/volumes/data/grants?to=swarm%2Fdb").status, 200);
  EXPECT_TRUE(get("data").grants.empty());
}

TEST_F(ApiV1, RevokingTellsWhoStillHoldsIt) {
  ask("POST", "/v1/volumes", R"({"name":"data"})");
  ask("POST", "/v1/volumes/data/grants", R"({"to":"swarm/db"})");
  join("node1");
  ASSERT_TRUE(mount("data", "db", "node1"));
  auto revoked = json(ask("DELETE", "/v1/volumes/data/grants?to=swarm%2Fdb"));
  ASSERT_EQ(revoked["still_mounted"].as_array().size(), 1u);
  EXPECT_EQ(revoked["still_mounted"].as_array()[0]["node"].as_string(), "node1");
}

TEST_F(ApiV1, ANodeJoinsMountsFormatsAndReleases) {
  auto session = coordinator->open_session({"node1", "boot1", "", "1"});
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_TRUE(coordinator->heartbeat("node1", session->session));
  CreateVolume request;
  request.name = "data";
  request.volume_class = "open";
  auto volume = coordinator->create_volume(request, std::chrono::seconds(10));
  ASSERT_TRUE(volume) << volume.error().message;
  MountClaim claim{"data", "m1", "node1", session->session, {}, true, 1000};
  auto answer = coordinator->mount(claim);
  ASSERT_TRUE(answer) << answer.error().message;
  FormatStep step{volume->id, "node1", session->session, answer->epoch, std::string(36, 'a'), FormatStep::Step::begin};
  EXPECT_TRUE(coordinator->format(step));
  step.step = FormatStep::Step::done;
  EXPECT_TRUE(coordinator->format(step));
  step.step = FormatStep::Step::begin;
  EXPECT_EQ(coordinator->format(step).error().code, Code::refused) << "a filesystem is made once";
  step.epoch.number += 1;
  EXPECT_EQ(coordinator->format(step).error().code, Code::refused);
  EXPECT_EQ(json(ask("GET", "/v1/mounts"))["mounts"].as_array().size(), 1u);
  ASSERT_TRUE(coordinator->release({volume->id, "m1", "node1", session->session}));
  EXPECT_TRUE(json(ask("GET", "/v1/attachments"))["attachments"].as_array().empty());
}

TEST_F(ApiV1, TheFeedTellsWhatChangedAndWaitsForIt) {
  auto all = coordinator->feed(0, Millis(0));
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->reset);
  ASSERT_TRUE(create("data"));
  auto changed = coordinator->feed(all->revision, Millis(2000));
  ASSERT_TRUE(changed) << changed.error().message;
  ASSERT_EQ(changed->changed.size(), 1u);
  EXPECT_EQ(changed->changed[0].name, "data");
  ASSERT_TRUE(move_to_trash(context, "data", "test"));
  auto removed = coordinator->feed(changed->revision, Millis(2000));
  ASSERT_TRUE(removed);
  ASSERT_EQ(removed->removed.size(), 1u);
  EXPECT_EQ(removed->removed[0].name, "data");
  auto nothing = coordinator->feed(removed->revision, Millis(50));
  ASSERT_TRUE(nothing);
  EXPECT_TRUE(nothing->changed.empty() && nothing->removed.empty());
}

TEST_F(ApiV1, StatusPoolsNodesAndEventsAreTold) {
  ask("POST", "/v1/volumes", R"({"name":"data"})");
  join("node1");
  EXPECT_EQ(json(ask("GET", "/v1/version"))["api"].as_string(), "v1");
  EXPECT_EQ(json(ask("GET", "/v1/status"))["volumes"].as_int(), 1);
  EXPECT_EQ(json(ask("GET", "/v1/pools/fast"))["promised"].as_uint(), uint64_t{1} << 30);
  EXPECT_EQ(ask("GET", "/v1/pools/nosuch").status, 404);
  EXPECT_TRUE(json(ask("GET", "/v1/nodes/node1"))["live"].as_bool());
  EXPECT_EQ(ask("GET", "/v1/nodes/nosuch").status, 404);
  EXPECT_EQ(json(ask("GET", "/v1/events?subject=volume%20data"))["events"].as_array().size(), 1u);
  EXPECT_EQ(ask("GET", "/v1/events?limit=lots").status, 400);
  EXPECT_EQ(ask("GET", "/v1/nothing").status, 404);
  EXPECT_EQ(ask("PATCH", "/v1/volumes").status, 405);
}

TEST_F(ApiV1, AGrantMayExpireAndBePinned) {
  ASSERT_TRUE(create("data"));
  scheduler->ids["db"] = "id1";
  const std::string path = "/v1/volumes/data/grants";
  auto given = json(ask("POST", path, R"({"to":"swarm/db","expires":"1d","pin":true})"))["grants"].as_array();
  ASSERT_EQ(given.size(), 1u);
  EXPECT_EQ(given[0]["expires"].as_int(), now(context) + 86'400'000);
  EXPECT_EQ(given[0]["pin"].as_string(), "id1");
  EXPECT_EQ(ask("POST", path, R"({"to":"swarm/db","expires":"2001-01-01"})").status, 400);
  EXPECT_EQ(ask("POST", path, R"({"to":"swarm/db","expires":true})").status, 400);
  EXPECT_EQ(ask("POST", path, R"({"to":"swarm/*","pin":true})").status, 400);
  EXPECT_EQ(ask("POST", path, R"({"to":"swarm/web","pin":true})").status, 404);
  given = json(ask("POST", path, R"({"to":"swarm/db"})"))["grants"].as_array();
  ASSERT_EQ(given.size(), 1u) << "it takes the other's place";
  EXPECT_FALSE(given[0].has("expires"));
}

TEST_F(ApiV1, AMountIsExplainedWithoutBeingMade) {
  ASSERT_TRUE(create("data"));
  join("node1");
  const std::string body = R"({"volume":"data","service":"swarm/db","node":"node1"})";
  auto refused = json(ask("POST", "/v1/explain", body));
  EXPECT_EQ(refused["verdict"].as_string(), "refuse");
  EXPECT_EQ(refused["code"].as_string(), "refused");
  EXPECT_EQ(refused["reason"].as_string(), "volume 'data' is not granted to swarm/db");
  EXPECT_EQ(refused["cure"].as_string(), "an operator can allow it with `polly grant data --to swarm/db`");
  ASSERT_EQ(refused["rules"].as_array().size(), 4u);
  EXPECT_EQ(refused["rules"].as_array()[3]["rule"].as_string(), "grant");
  EXPECT_EQ(refused["rules"].as_array()[3]["verdict"].as_string(), "refuse");
  grant("data", "swarm/db", Access::read_only);
  auto allowed = json(ask("POST", "/v1/explain", body));
  EXPECT_EQ(allowed["verdict"].as_string(), "allow");
  EXPECT_EQ(allowed["access"].as_string(), "ro");
  EXPECT_TRUE(get("data").attachments.empty());
}

TEST_F(ApiV1, AQuestionThatNamesNoOneServiceIsRefused) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"service":"swarm/db"})", "'volume': is missing"},
      {R"({"volume":"data"})", "'service': is missing"},
      {R"({"volume":"data","service":"db"})", "'db' names no service"},
      {R"({"volume":"data","service":"swarm/*"})", "is a pattern; name one service"},
      {R"({"volume":"data","service":"swarm/-@node*"})", "is a pattern; name one service"},
      {R"({"volume":"data","service":"swarm/-"})", "name the node it runs on"},
      {R"({"volume":"data","service":"swarm/-@node1","node":"node2"})", "is not where swarm/-@node1 runs"},
  };
  for (const auto& [body, words] : cases) {
    auto response = ask("POST", "/v1/explain", body);
    EXPECT_EQ(response.status, 400) << body;
    EXPECT_NE(response.body.find(words), std::string::npos) << response.body;
  }
  EXPECT_EQ(json(ask("POST", "/v1/explain", R"({"volume":"data","service":"swarm/-@node1"})"))["code"].as_string(),
            "not_found");
}

TEST_F(ApiV1, ARefusalIsShownByTheIdInItsMessage) {
  ASSERT_TRUE(create("data"));
  join("node1");
  clock.advance(Millis(1));  // events sort by time
  auto refused = mount("data", "db", "node1");
  ASSERT_FALSE(mount("data", "db", "node1"));
  ASSERT_FALSE(refused);
  auto id = refused.error().message.substr(refused.error().message.size() - 9, 8);
  auto response = ask("GET", "/v1/refusals/" + id);
  EXPECT_EQ(response.status, 200) << response.body;
  auto refusal = json(response);
  EXPECT_EQ(refusal["verdict"].as_string(), "refuse");
  EXPECT_EQ(refusal["count"].as_int(), 2);
  EXPECT_EQ(refusal["rules"].as_array().size(), 4u);
  auto events = json(ask("GET", "/v1/events?subject=volume%20data"))["events"].as_array();
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.back()["kind"].as_string(), "mount.refused");
  EXPECT_EQ(events.back()["count"].as_int(), 2);
  EXPECT_EQ(events.back()["refusal"].as_string(), id);
  EXPECT_EQ(ask("GET", "/v1/refusals/nosuch").status, 404);
}

}  // namespace
}  // namespace polly::swarm
