// The plugin's socket, called as dockerd calls it, and as nobody should.
#include "plugin/frontends/docker/volume_plugin.h"

#include <thread>

#include "base/http_client.h"
#include "plugin/frontends/docker/asker.h"
#include "tests/plugin/doubles/engine_double.h"
#include "tests/plugin/doubles/node_fixture.h"
#include "tests/plugin/doubles/raw_socket.h"

namespace polly::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class PluginTest : public NodeTest {
 protected:
  PluginTest() {
    limits.coordinator_away = seconds(1);
    limits.flush = milliseconds(300);
    limits.lookup = milliseconds(500);
  }
  ~PluginTest() override {
    coordinator.heal();
    plugin_.reset();
  }
  void serve() {
    start();
    plugin_ =
        std::make_unique<node::VolumePlugin>(volumes(), [this](const std::string& name) { return asker_.find(name); });
    auto listening = plugin_->listen(socket());
    ASSERT_TRUE(listening) << listening.error().message;
    http::Endpoint endpoint;
    endpoint.socket_path = socket();
    client_ = std::make_unique<http::Client>(endpoint);
  }
  std::string socket() { return scratch / "plugins/polly.sock"; }
  Json call(const std::string& method, const Json& body) {
    http::Call call;
    call.method = "POST";
    call.path = "/" + method;
    call.body = body.dump() + "\n";
    call.timeout = seconds(30);
    auto response = client_->call(call);
    EXPECT_TRUE(response) << response.error().message;
    if (!response) return {};
    EXPECT_EQ(response->status, 200);
    auto json = Json::parse(response->body);
    EXPECT_TRUE(json) << response->body;
    return json ? *json : Json();
  }
  Json named(const std::string& name) { return Json::object().set("Name", name); }
  Json with_id(const std::string& name, const std::string& id) { return named(name).set("ID", id); }
  static std::string err(const Json& answer) { return answer["Err"].as_string(); }

  // A container of that volume is being started while this lives.
  void being_started(const std::string& volume, const std::string& id = "c1") {
    ContainerDouble container;
    container.id = id;
    container.volumes = {volume};
    container.inspect = ContainerDouble::Inspect::blocks;
    engine_double_.put(container);
  }

  EngineDouble engine_double_{scratch / "engine.sock"};
  node::Engine engine_{engine_double_.endpoint()};
  node::Asker asker_{engine_};
  std::unique_ptr<node::VolumePlugin> plugin_;
  std::unique_ptr<http::Client> client_;
};

TEST_F(PluginTest, TheStoryOfAVolume) {
  serve();
  EXPECT_EQ(call("Plugin.Activate", Json())["Implements"].as_array().at(0).as_string(), "VolumeDriver");
  EXPECT_EQ(call("VolumeDriver.Capabilities", Json::object())["Capabilities"]["Scope"].as_string(), "global");
  EXPECT_NE(err(call("VolumeDriver.Get", named("notes"))).find("no such volume"), std::string::npos);
  EXPECT_EQ(err(call("VolumeDriver.Create", named("notes").set("Opts", Json::object().set("size", "1G")))), "");
  EXPECT_EQ(call("VolumeDriver.Get", named("notes"))["Volume"]["Name"].as_string(), "notes");
  EXPECT_EQ(call("VolumeDriver.List", Json::object())["Volumes"].as_array().size(), 1u);
  EXPECT_EQ(call("VolumeDriver.Path", named("notes"))["Mountpoint"].as_string(), "");
  being_started("notes");
  auto path = call("VolumeDriver.Mount", with_id("notes", "m1"))["Mountpoint"].as_string();
  EXPECT_TRUE(files::exists(path));
  EXPECT_EQ(call("VolumeDriver.Path", named("notes"))["Mountpoint"].as_string(), path);
  EXPECT_EQ(call("VolumeDriver.Get", named("notes"))["Volume"]["Mountpoint"].as_string(), path);
  EXPECT_NE(err(call("VolumeDriver.Remove", named("notes"))), "");
  EXPECT_EQ(err(call("VolumeDriver.Unmount", with_id("notes", "m1"))), "");
  EXPECT_EQ(err(call("VolumeDriver.Remove", named("notes"))), "");
  EXPECT_EQ(coordinator.removed_by(), "docker on node n1");
  EXPECT_EQ(call("VolumeDriver.List", Json::object())["Volumes"].as_array().size(), 0u);
}

TEST_F(PluginTest, AMountThatNobodyAsksForIsRefused) {
  coordinator.add("notes");
  serve();
  auto answer = call("VolumeDriver.Mount", with_id("notes", "m1"));
  EXPECT_NE(err(answer).find("cannot tell who asks"), std::string::npos);
  EXPECT_FALSE(answer.has("Mountpoint"));
}

TEST_F(PluginTest, WhileTheEngineIsSilentTheCoordinatorIsTold) {
  coordinator.add("notes");
  serve();
  engine_double_.set_silent(true);
  EXPECT_EQ(err(call("VolumeDriver.Mount", with_id("notes", "m1"))), "");
  EXPECT_TRUE(coordinator.claims().at(0).engine_silent);
  engine_double_.set_silent(false);
}

TEST_F(PluginTest, CreateOfANameThatExists) {
  serve();
  auto with_size = [&](const std::string& size) {
    return named("notes").set("Opts", Json::object().set("size", size));
  };
  EXPECT_EQ(err(call("VolumeDriver.Create", with_size("1G"))), "");
  EXPECT_EQ(err(call("VolumeDriver.Create", with_size("1G"))), "");
  EXPECT_EQ(err(call("VolumeDriver.Create", named("notes").set("Opts", Json()))), "");
  EXPECT_EQ(err(call("VolumeDriver.Create", with_size("2G"))),
            "cannot create volume 'notes': it exists with another size");
}

TEST_F(PluginTest, WithoutTheCoordinatorWhatIsOnRecordIsAnswered) {
  coordinator.add("notes");
  serve();
  ASSERT_TRUE(eventually([&] { return volumes().all().size() == 1; }));
  coordinator.go_away();
  Stopwatch watch;
  EXPECT_EQ(call("VolumeDriver.Get", named("notes"))["Volume"]["Name"].as_string(), "notes");
  EXPECT_EQ(call("VolumeDriver.List", Json::object())["Volumes"].as_array().size(), 1u);
  EXPECT_EQ(err(call("VolumeDriver.Path", named("notes"))), "");
  EXPECT_NE(err(call("VolumeDriver.Get", named("other"))), "");
  EXPECT_NE(err(call("VolumeDriver.Create", named("other").set("Opts", Json()))).find("cannot create volume 'other'"),
            std::string::npos);
  EXPECT_NE(err(call("VolumeDriver.Remove", named("notes"))).find("cannot remove volume 'notes'"), std::string::npos);
  EXPECT_LT(watch.elapsed(), seconds(4));
}

TEST_F(PluginTest, AHangingCoordinatorIsBoundedForEveryCall) {
  coordinator.add("notes");
  limits.create = limits.remove = milliseconds(500);
  serve();
  ASSERT_TRUE(eventually([&] { return volumes().all().size() == 1; }));
  for (const auto* what : {"create", "remove", "volume", "feed", "mount", "release", "inventory"})
    coordinator.hang(what);
  Stopwatch watch;
  call("VolumeDriver.Get", named("notes"));
  call("VolumeDriver.List", Json::object());
  call("VolumeDriver.Path", named("notes"));
  EXPECT_LT(watch.elapsed(), seconds(1));
  EXPECT_NE(err(call("VolumeDriver.Get", named("other"))), "");
  EXPECT_LT(watch.elapsed(), seconds(3));
  EXPECT_NE(err(call("VolumeDriver.Create", named("other").set("Opts", Json()))), "");
  EXPECT_LT(watch.elapsed(), seconds(5));
  coordinator.heal();
}

TEST_F(PluginTest, ListIsRenderedOnceForEachContent) {
  for (int i = 0; i < 100; ++i) coordinator.add("volume" + std::to_string(i));
  start();
  ASSERT_TRUE(eventually([&] { return volumes().all().size() == 100; }));
  node::VolumeList list;
  auto first = list.render(volumes());
  EXPECT_EQ(list.render(volumes()), first);
  coordinator.add("more");
  ASSERT_TRUE(eventually([&] { return volumes().all().size() == 101; }));
  EXPECT_NE(list.render(volumes()), first);
}

TEST_F(PluginTest, AnEmptyBodyIsAnErrorAtOnceAndTheConnectionStays) {
  serve();
  RawSocket raw(socket());
  ASSERT_TRUE(raw.connected());
  for (const auto* method : {"Get", "Create", "Mount", "Unmount", "Remove", "Path"}) {
    Stopwatch watch;
    ASSERT_TRUE(raw.post(std::string("/VolumeDriver.") + method, ""));
    auto answer = raw.receive();
    EXPECT_NE(answer.find("without a body"), std::string::npos) << method << ": " << answer;
    EXPECT_LT(watch.elapsed(), seconds(1));
  }
  ASSERT_TRUE(raw.post("/Plugin.Activate", ""));
  EXPECT_NE(raw.receive().find("VolumeDriver"), std::string::npos);
}

TEST_F(PluginTest, TheConnectionStaysAfterEveryReply) {
  serve();
  RawSocket raw(socket());
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(raw.post("/VolumeDriver.Capabilities", "{}")) << i;
    ASSERT_NE(raw.receive().find("global"), std::string::npos) << i;
    ASSERT_TRUE(raw.post("/VolumeDriver.Get", "{\"Name\":7}\n")) << i;
    ASSERT_NE(raw.receive().find("\"Err\":\"cannot understand"), std::string::npos) << i;
  }
}

TEST_F(PluginTest, ABodyOfTenMegabytesIsACleanError) {
  serve();
  RawSocket raw(socket());
  ASSERT_TRUE(raw.send("POST /VolumeDriver.Get HTTP/1.1\r\nHost: \r\nContent-Length: 10485760\r\n\r\n"));
  std::thread sender([&] { (void)raw.send(std::string(10 << 20, 'x')); });
  auto answer = raw.receive();
  sender.join();
  EXPECT_NE(answer.find("\"Err\":"), std::string::npos) << answer.substr(0, 300);
  EXPECT_EQ(call("Plugin.Activate", Json())["Implements"].as_array().size(), 1u);
}

TEST_F(PluginTest, HalfARequestHangsNobody) {
  serve();
  RawSocket half(socket());
  ASSERT_TRUE(half.send("POST /VolumeDriver.Get HTTP/1.1\r\nHost: \r\nContent-Length: 100\r\n\r\n{\"Name\":"));
  RawSocket headers(socket());
  ASSERT_TRUE(headers.send("POST /VolumeDriver.Get HT"));
  Stopwatch watch;
  EXPECT_EQ(call("VolumeDriver.List", Json::object())["Volumes"].as_array().size(), 0u);
  EXPECT_LT(watch.elapsed(), seconds(1));
  half.end_sending();
  EXPECT_NE(half.receive().find("\"Err\":"), std::string::npos);
}

TEST_F(PluginTest, UnknownCallsAreOneSentence) {
  serve();
  RawSocket raw(socket());
  ASSERT_TRUE(raw.post("/VolumeDriver.Format", "{}"));
  auto answer = raw.receive();
  EXPECT_NE(answer.find("404"), std::string::npos);
  EXPECT_NE(answer.find("\"Err\":"), std::string::npos);
}

TEST_F(PluginTest, ASecondPluginDoesNotTakeTheSocketOver) {
  serve();
  node::VolumePlugin second(volumes(), [](const std::string&) { return node::Claimants{}; });
  auto listening = second.listen(socket());
  ASSERT_FALSE(listening);
  EXPECT_EQ(listening.error().code, Code::busy);
}

TEST_F(PluginTest, ManyCyclesAtOnceLeaveNothing) {
  constexpr int volumes_at_once = 16, cycles = 12;
  serve();
  std::vector<std::thread> threads;
  for (int v = 0; v < volumes_at_once; ++v)
    threads.emplace_back([&, v] {
      auto name = "volume" + std::to_string(v);
      being_started(name, "c" + std::to_string(v));
      for (int i = 0; i < cycles; ++i) {
        EXPECT_EQ(err(call("VolumeDriver.Create", named(name).set("Opts", Json()))), "");
        auto id = "m" + std::to_string(i);
        EXPECT_EQ(err(call("VolumeDriver.Mount", with_id(name, id))), "");
        EXPECT_EQ(err(call("VolumeDriver.Unmount", with_id(name, id))), "");
        EXPECT_EQ(err(call("VolumeDriver.Remove", named(name))), "");
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(eventually([&] { return coordinator.mount_count() == 0 && at_rest(); }));
  EXPECT_TRUE(files::list(scratch / "mounts")->empty());
}

}  // namespace
}  // namespace polly::test
