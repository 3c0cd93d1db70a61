// The node's client against a server that answers what it is told to.
#include "swarm/client/coordinator.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/files.h"
#include "base/http_server.h"
#include "base/mutex.h"
#include "core/codec/claims.h"
#include "core/codec/records.h"

namespace polly::client {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds limit{10'000};

// One answer to every question; remembers the questions.
class Peer {
 public:
  explicit Peer(const std::string& socket) {
    endpoint_.socket_path = socket;
    start();
  }
  void start() {
    auto server = http::Server::start(endpoint_, [this](const http::Request& request) { return respond(request); });
    ASSERT_TRUE(server) << server.error().message;
    server_ = *std::move(server);
  }
  void stop() { server_.reset(); }
  void answer(http::Response response) {
    Lock lock(mutex_);
    response_ = std::move(response);
  }
  void answer(Json body) { answer(http::Response::json(body)); }
  std::vector<http::Request> asked() {
    Lock lock(mutex_);
    return std::exchange(asked_, {});
  }
  const http::Endpoint& endpoint() const { return endpoint_; }

 private:
  http::Response respond(const http::Request& request) {
    Lock lock(mutex_);
    asked_.push_back(request);
    return response_;
  }

  http::Endpoint endpoint_;
  Mutex mutex_;
  http::Response response_ POLLY_GUARDED_BY(mutex_) = http::Response::json(Json::object());
  std::vector<http::Request> asked_ POLLY_GUARDED_BY(mutex_);
  std::unique_ptr<http::Server> server_;
};

class Client : public ::testing::Test {
 protected:
  Client() : folder_(::mkdtemp(name_.data())), peer_(folder_ + "/a.sock"), other_(folder_ + "/b.sock") {}
  ~Client() override { (void)files::remove_tree(folder_); }

  std::unique_ptr<Coordinator> connect_to(std::vector<http::Endpoint> endpoints) {
    return connect({std::move(endpoints)});
  }
  std::unique_ptr<Coordinator> client() { return connect_to({peer_.endpoint()}); }

  std::string name_ = "/tmp/polly-client-XXXXXX";
  std::string folder_;
  Peer peer_, other_;
};

std::string text_of(const http::Request& request) {
  auto text = request.method + " " + request.path;
  for (const auto& [key, value] : request.query) text += " " + key + "=" + value;
  return text + " by:" + request.header("polly-by");
}

Volume some_volume() {
  Volume volume;
  volume.id = "v1";
  volume.name = "notes";
  volume.pool = "fast";
  return volume;
}

TEST_F(Client, EachCallHasItsRoute) {
  auto c = client();
  auto expect = [&](const char* text, bool good) {
    auto asked = peer_.asked();
    ASSERT_EQ(asked.size(), 1u) << text;
    EXPECT_EQ(text_of(asked[0]), text);
    EXPECT_TRUE(good) << text;
  };
  peer_.answer(to_json(SessionGrant{"s1", 12'000, 4'000}));
  auto grant = c->open_session({"node 1", "boot", "", "0.1.0"});
  expect("POST /v1/nodes/node 1/session by:node node 1", grant && grant->session == "s1");
  peer_.answer(Json::object());
  expect("POST /v1/nodes/n1/heartbeat by:node n1", (c->heartbeat("n1", "s1"), true));
  EXPECT_TRUE(c->report_engine("n1", "s&1", {"sw", "20.10", "0.1.0"}));
  expect("PUT /v1/nodes/n1/engine session=s&1 by:node n1", true);
  EXPECT_TRUE(c->inventory({"n1", "s1", 1, {}}));
  expect("POST /v1/nodes/n1/inventory by:node n1", true);
  EXPECT_TRUE(c->release({"v1", "m1", "n1", "s1"}));
  expect("POST /v1/releases by:node n1", true);
  EXPECT_TRUE(c->format({"v1", "n1", "s1", {1, 2}, "uuid", FormatStep::Step::begin}));
  expect("POST /v1/formats by:node n1", true);
  EXPECT_TRUE(c->remove_volume("notes", "docker on n1", limit));
  expect("DELETE /v1/volumes/notes by:docker on n1", true);
  peer_.answer(to_json(some_volume()));
  CreateVolume wishes;
  wishes.name = "notes";
  wishes.by = "docker on n1";
  auto made = c->create_volume(wishes, limit);
  expect("POST /v1/volumes by:docker on n1", made && made->id == "v1");
  auto found = c->volume("a/b", limit);
  expect("GET /v1/volumes/a/b by:", found && found->id == "v1");
  peer_.answer(to_json(MountAnswer{some_volume(), "loop", {1, 2}, Access::read_only, {"swarm", "db", ""}, Json()}));
  auto mounted = c->mount({"notes", "m1", "n1", "s1", {}, false, 100});
  expect("POST /v1/mounts by:node n1",
         mounted && mounted->epoch == Epoch{1, 2} && mounted->access == Access::read_only);
}

TEST_F(Client, TheFeedIsReadWhole) {
  auto c = client();
  peer_.answer(Json::object()
                   .set("revision", uint64_t{1} << 40)
                   .set("reset", true)
                   .set("changed", Json::array().push(to_json(some_volume())))
                   .set("removed", Json::array().push(Json::object().set("id", "v0").set("name", "old"))));
  auto feed = c->feed(7, milliseconds(250));
  ASSERT_TRUE(feed) << feed.error().message;
  EXPECT_EQ(text_of(peer_.asked().at(0)), "GET /v1/feed since=7 wait_ms=250 by:");
  EXPECT_EQ(feed->revision, uint64_t{1} << 40);
  EXPECT_TRUE(feed->reset);
  EXPECT_EQ(feed->changed.at(0).name, "notes");
  EXPECT_EQ(feed->removed, (std::vector<Feed::Removed>{{"v0", "old"}}));
}

TEST_F(Client, ErrorsComeAsTheCoordinatorSaidThem) {
  Error said{Code::refused, "cannot mount volume 'notes': it has no grant"};
  peer_.answer(http::Response::error(said));
  auto mounted = client()->mount({"notes", "m1", "n1", "s1", {}, false, 100});
  ASSERT_FALSE(mounted);
  EXPECT_EQ(mounted.error(), said);
}

TEST_F(Client, GarbageIsNoAnswer) {
  http::Response html;
  html.body = "<html>";
  for (const auto& answer : {html, http::Response::json(Json::array()), http::Response::json(Json::object())}) {
    peer_.answer(answer);
    auto volume = client()->volume("notes", limit);
    ASSERT_FALSE(volume);
    EXPECT_EQ(volume.error().code, Code::corrupt) << volume.error().message;
    auto feed = client()->feed(0, milliseconds(0));
    ASSERT_FALSE(feed) << "without a revision the node would begin anew each time";
    EXPECT_EQ(feed.error().code, Code::corrupt);
  }
}

TEST_F(Client, WhoIsAwayIsUnavailable) {
  peer_.stop();
  auto volume = client()->volume("notes", limit);
  ASSERT_FALSE(volume);
  EXPECT_EQ(volume.error().code, Code::unavailable);
  EXPECT_TRUE(volume.error().message.starts_with("cannot reach the coordinator: ")) << volume.error().message;
  EXPECT_EQ(connect_to({})->volume("notes", limit).error().code, Code::invalid);
}

TEST_F(Client, TheNextEndpointIsTriedAndRemembered) {
  peer_.answer(to_json(some_volume()));
  other_.answer(to_json(some_volume()));
  auto c = connect_to({peer_.endpoint(), other_.endpoint()});
  EXPECT_TRUE(c->volume("notes", limit));
  EXPECT_TRUE(other_.asked().empty());
  peer_.stop();
  EXPECT_TRUE(c->volume("notes", limit));
  EXPECT_FALSE(other_.asked().empty());
  peer_.start();
  peer_.asked();
  EXPECT_TRUE(c->volume("notes", limit));
  EXPECT_TRUE(peer_.asked().empty()) << "the one that answered last stays the first choice";
  EXPECT_EQ(other_.asked().size(), 1u);
}

TEST_F(Client, AnErrorIsAnAnswerAndIsNotCarriedElsewhere) {
  peer_.answer(http::Response::error({Code::unavailable, "the swarm has no leader"}));
  auto c = connect_to({peer_.endpoint(), other_.endpoint()});
  EXPECT_EQ(c->volume("notes", limit).error().message, "the swarm has no leader");
  EXPECT_TRUE(other_.asked().empty());
}

TEST_F(Client, NamesStartNoHeaderOfTheirOwn) {
  EXPECT_TRUE(client()->remove_volume("notes", "ann\r\nAuthorization: Bearer x", limit));
  auto asked = peer_.asked();
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].header("polly-by"), "ann??Authorization: Bearer x");
  EXPECT_EQ(asked[0].header("authorization"), "");
}

TEST_F(Client, MountWaitsAsLongAsItSaidAndNotMuchLonger) {
  // A server that takes the connection and says nothing.
  auto begin = std::chrono::steady_clock::now();
  Mutex mutex;
  Condition changed;
  bool over = false;
  http::Endpoint silent;
  silent.socket_path = folder_ + "/silent.sock";
  auto server = http::Server::start(silent, [&](const http::Request&) {
    Lock lock(mutex);
    while (!over) changed.wait(mutex);
    return http::Response{};
  });
  ASSERT_TRUE(server);
  auto answer = connect_to({silent})->mount({"notes", "m1", "n1", "s1", {}, false, 200});
  auto took = std::chrono::steady_clock::now() - begin;
  {
    Lock lock(mutex);
    over = true;
    changed.notify_all();
  }
  ASSERT_FALSE(answer);
  EXPECT_TRUE(answer.error().code == Code::timeout || answer.error().code == Code::unknown_outcome);
  EXPECT_GE(took, milliseconds(3'100));
  EXPECT_LT(took, milliseconds(6'000));
}

}  // namespace
}  // namespace polly::client
