// The real plugin is killed at random moments while volumes are made, mounted, unmounted and removed. Afterwards
// nothing is lost, nothing half made, no mount leaked: by the kernel's table, the journal, and the coordinator's books.
#include <sys/mount.h>
#include <unistd.h>

#include <random>

#include "tests/plugin/doubles/machine.h"

namespace polly::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class CrashTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "mounting needs root";
    ASSERT_TRUE(files::exists(built("polly-node"))) << "build polly-node first";
  }
  ~CrashTest() override {
    machine_.node.kill(SIGKILL);
    for (const auto& point : machine_.mounted()) ::umount2(point.c_str(), MNT_DETACH);
  }
  void start() {
    ASSERT_TRUE(machine_.guard.start());
    ASSERT_TRUE(machine_.node.start());
    ASSERT_TRUE(eventually([&] { return machine_.answers(); })) << machine_.node.log();
  }
  static Json named(const std::string& name) { return Json::object().set("Name", name); }
  static Json with_id(const std::string& name, const std::string& id) { return named(name).set("ID", id); }

  void container(const std::string& id, const std::string& volume, const std::string& state,
                 ContainerDouble::Inspect inspect = ContainerDouble::Inspect::answers) {
    ContainerDouble made;
    made.id = id;
    made.volumes = {volume};
    made.state = state;
    made.inspect = inspect;
    machine_.engine.put(made);
  }

  // As an engine does: it asks again where the answer decides, and forgets where it does not.
  template <class Call>
  void insist(Call call) {
    EXPECT_TRUE(eventually([&] { return static_cast<bool>(call()); }, seconds(60)));
  }

  // The life of one container, engine's view included.
  void run_container(const std::string& volume, const std::string& id) {
    auto container_id = "container-" + id;
    container(container_id, volume, "created", ContainerDouble::Inspect::blocks);
    auto mounted = machine_.call("VolumeDriver.Mount", with_id(volume, id));
    if (!mounted) {
      ++failed_mounts_;  // no Unmount follows
      container(container_id, volume, "created");
    } else {
      container(container_id, volume, "running");
      auto path = (*mounted)["Mountpoint"].as_string();
      EXPECT_TRUE(files::write_atomically(path + "/" + id, id)) << path;
      container(container_id, volume, "running", ContainerDouble::Inspect::blocks);
      (void)machine_.call("VolumeDriver.Unmount", with_id(volume, id));  // whatever comes of it
      container(container_id, volume, "exited");
      written_.fetch_add(1);
    }
    machine_.engine.remove(container_id);
  }

  bool at_rest() {
    return machine_.coordinator.mount_count() == 0 && machine_.journal_empty() && machine_.mounted().empty();
  }

  Machine machine_;
  std::atomic<int> failed_mounts_{0}, written_{0};
};

TEST_F(CrashTest, KilledAtRandomAmongTwoHundredCycles) {
  constexpr int workers = 16, cycles_each = 13;
  start();
  std::atomic<int> at_work{workers};
  std::vector<std::thread> threads;
  for (int w = 0; w < workers; ++w)
    threads.emplace_back([&, w] {
      for (int i = 0; i < cycles_each; ++i) {
        auto name = "volume-" + std::to_string(w) + "-" + std::to_string(i);
        insist([&] { return machine_.call("VolumeDriver.Create", named(name)); });
        run_container(name, "m" + std::to_string(w) + "x" + std::to_string(i));
        // Refused until what the crash left is released.
        if (i % 2 == 0) insist([&] { return machine_.call("VolumeDriver.Remove", named(name)); });
      }
      --at_work;
    });
  std::mt19937 random(4711);
  int kills = 0;
  while (at_work > 0) {
    std::this_thread::sleep_for(milliseconds(std::uniform_int_distribution<>(20, 600)(random)));
    machine_.node.kill(SIGKILL);
    ++kills;
    ASSERT_TRUE(machine_.node.start());
    // Long enough to do something, and every few times long enough to judge what died.
    std::this_thread::sleep_for(kills % 8 == 0 ? seconds(12) : seconds(0));
  }
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(eventually([&] { return at_rest(); }, seconds(60)))
      << machine_.coordinator.mount_count() << " mounts on the coordinator's books, " << machine_.mounted().size()
      << " in the kernel's table\n"
      << machine_.node.log().substr(machine_.node.log().size() > 4000 ? machine_.node.log().size() - 4000 : 0);
  // The last kill may have been a moment ago: it answers when it has started, and the feed brings what its record
  // lacks.
  size_t listed = 0;
  EXPECT_TRUE(eventually(
      [&] {
        auto list = machine_.call("VolumeDriver.List", Json::object());
        listed = list ? (*list)["Volumes"].as_array().size() : 0;
        return listed == static_cast<size_t>(workers * (cycles_each / 2));
      },
      seconds(60)))
      << listed;
  EXPECT_GT(kills, 3);
  EXPECT_GT(written_, 0);
  std::printf("  %d kills, %d mounts failed, %d containers ran\n", kills, failed_mounts_.load(), written_.load());
}

TEST_F(CrashTest, ARunningContainerReadsOnWhileThePluginDiesAndIsRecoveredAfter) {
  start();
  insist([&] { return machine_.call("VolumeDriver.Create", named("notes")); });
  container("c1", "notes", "created", ContainerDouble::Inspect::blocks);
  ASSERT_OK(mounted, machine_.call("VolumeDriver.Mount", with_id("notes", "m1")));
  container("c1", "notes", "running");
  auto path = mounted["Mountpoint"].as_string();
  ASSERT_TRUE(files::write_atomically(path + "/file", "kept"));
  for (int i = 0; i < 5; ++i) {
    machine_.node.kill(SIGKILL);
    EXPECT_EQ(files::read(path + "/file").value_or(""), "kept");
    ASSERT_TRUE(machine_.node.start());
    ASSERT_TRUE(eventually([&] { return machine_.answers(); }));
    EXPECT_EQ(files::read(path + "/file").value_or(""), "kept");
    auto got = machine_.call("VolumeDriver.Get", named("notes"));
    ASSERT_TRUE(got);
    EXPECT_EQ((*got)["Volume"]["Mountpoint"].as_string(), path);
  }
  // What the inventory and a round of reconcile make of it: nothing.
  std::this_thread::sleep_for(seconds(11));
  EXPECT_EQ(machine_.coordinator.mount_count(), 1u);
  EXPECT_DONE(machine_.call("VolumeDriver.Unmount", with_id("notes", "m1")));
  EXPECT_TRUE(eventually([&] { return at_rest(); }));
}

TEST_F(CrashTest, TheSessionLivesWhileThePluginIsDead) {
  constexpr seconds dead{5};  // more than twice the session's time to live
  start();
  auto session = [&]() -> Json {
    http::Endpoint endpoint;
    endpoint.socket_path = machine_.guard_socket();
    http::Client client(endpoint);
    auto response = client.call({.path = "/v1/session"});
    auto json = response ? Json::parse(response->body) : fail(response.error());
    return json ? *json : Json();
  };
  ASSERT_TRUE(eventually([&] { return session()["live"].as_bool(); }));
  auto before = session()["session"].as_string();
  machine_.node.kill(SIGKILL);
  auto until = std::chrono::steady_clock::now() + dead;
  while (std::chrono::steady_clock::now() < until) {
    EXPECT_TRUE(session()["live"].as_bool());
    std::this_thread::sleep_for(milliseconds(100));
  }
  EXPECT_EQ(session()["session"].as_string(), before);
  EXPECT_EQ(machine_.coordinator.opened().size(), 1u);
  ASSERT_TRUE(machine_.node.start());
  EXPECT_TRUE(eventually([&] { return machine_.answers(); }));
}

TEST_F(CrashTest, AGuardThatIsKilledResumesAndMountsGoOnMeanwhile) {
  start();
  insist([&] { return machine_.call("VolumeDriver.Create", named("notes")); });
  run_container("notes", "m1");
  ASSERT_EQ(failed_mounts_, 0);
  machine_.guard.kill(SIGKILL);
  run_container("notes", "m2");
  EXPECT_EQ(failed_mounts_, 0) << machine_.node.log();
  ASSERT_TRUE(machine_.guard.start());
  ASSERT_TRUE(eventually([&] { return machine_.coordinator.opened().size() == 2; }));
  EXPECT_EQ(machine_.coordinator.opened()[1].resume, "s1");
  run_container("notes", "m3");
  EXPECT_EQ(failed_mounts_, 0);
  EXPECT_TRUE(eventually([&] { return at_rest(); }));
}

TEST_F(CrashTest, TheGuardAsFirstProcessStartsThePluginAgain) {
  Child both(built("polly-guard"), {"--run", "polly-node"}, machine_.environment, machine_.scratch / "both.log");
  ASSERT_TRUE(both.start());
  auto plugin_pid = [&] {
    auto text = both.log();
    auto at = text.rfind("started polly-node pid=");
    return at == std::string::npos ? 0 : std::atoi(text.c_str() + at + 23);
  };
  ASSERT_TRUE(eventually([&] { return machine_.answers(); })) << both.log();
  int first = plugin_pid();
  ASSERT_GT(first, 0);
  ::kill(first, SIGKILL);
  EXPECT_TRUE(eventually([&] { return plugin_pid() != first && machine_.answers(); })) << both.log();
  int second = plugin_pid();
  int status = both.kill(SIGTERM);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << both.log();
  EXPECT_NE(::kill(second, 0), 0);
  EXPECT_FALSE(machine_.answers());
}

TEST_F(CrashTest, StopsWithinSecondsAndRemovesItsSocket) {
  start();
  Stopwatch watch;
  int status = machine_.node.kill(SIGTERM);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_LT(watch.elapsed(), seconds(8));
  EXPECT_FALSE(files::exists(machine_.socket()));
  watch = {};
  status = machine_.guard.kill(SIGTERM);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_LT(watch.elapsed(), seconds(8));
}

TEST_F(CrashTest, AnswersItsSocketBeforeAnythingElseCanBeReached) {
  machine_.coordinator_server.stop();
  ASSERT_TRUE(machine_.node.start());
  EXPECT_TRUE(eventually([&] { return machine_.answers(); }, seconds(5)));
  EXPECT_TRUE(machine_.call("VolumeDriver.List", Json::object()));
}

}  // namespace
}  // namespace polly::test
