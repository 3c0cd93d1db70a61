// Who is asking: against an engine whose inspects block, as they do for the container that it mounts for.
#include "plugin/frontends/docker/asker.h"

#include <thread>

#include "plugin/frontends/docker/docker_containers.h"
#include "plugin/frontends/docker/reporter.h"
#include "tests/plugin/doubles/engine_double.h"
#include "tests/plugin/doubles/node_fixture.h"

namespace polly::test {
namespace {

using Inspect = ContainerDouble::Inspect;
using node::ContainerView;
using std::chrono::milliseconds;

class AskerTest : public ::testing::Test {
 protected:
  void put(const std::string& id, const std::string& state, Inspect inspect, const std::string& task = "") {
    ContainerDouble container;
    container.id = id;
    container.name = id + "-name";
    container.state = state;
    container.inspect = inspect;
    container.task = task;
    container.volumes = {"notes"};
    double_.put(container);
  }
  Scratch scratch_;
  EngineDouble double_{scratch_ / "engine.sock"};
  node::Engine engine_{double_.endpoint()};
  node::Asker asker_{engine_};
};

TEST_F(AskerTest, TheOneThatIsStartedIsFoundSoon) {
  put("c1", "created", Inspect::blocks, "task1");
  // Well below the ceiling, as soon as the machine has a quiet moment.
  EXPECT_TRUE(eventually([&] {
    Stopwatch watch;
    return asker_.find("notes") && watch.elapsed() < milliseconds(50);
  }));
  ASSERT_OK(found, asker_.find("notes"));
  EXPECT_FALSE(found.engine_silent);
  EXPECT_EQ(found.candidates, (std::vector<Candidate>{{"c1", "c1-name", "task1", Candidate::Phase::start}}));
}

TEST_F(AskerTest, TheOneThatIsCreatedIsFoundInCopyUp) {
  put("c1", "created", Inspect::missing);
  ASSERT_OK(found, asker_.find("notes"));
  EXPECT_EQ(found.candidates, (std::vector<Candidate>{{"c1", "c1-name", "", Candidate::Phase::copy_up}}));
}

TEST_F(AskerTest, LeftoversStraysAndRunningOnesAreDropped) {
  put("left", "created", Inspect::answers, "task0");
  put("stopped", "exited", Inspect::answers);
  put("running", "running", Inspect::answers);
  put("paused", "paused", Inspect::blocks);
  put("leaving", "removing", Inspect::blocks);
  put("mine", "exited", Inspect::blocks, "task1");
  EXPECT_TRUE(eventually([&] {
    auto found = asker_.find("notes");
    return found && found->candidates.size() == 1 && found->candidates[0].container == "mine";
  }));
}

TEST_F(AskerTest, AllBusyOnesAreNamed) {
  put("c1", "created", Inspect::blocks);
  put("c2", "restarting", Inspect::blocks);
  put("c3", "created", Inspect::missing);
  Stopwatch watch;
  ASSERT_OK(found, asker_.find("notes"));
  EXPECT_EQ(found.candidates.size(), 3u);
  EXPECT_LT(watch.elapsed(), milliseconds(1000));
}

TEST_F(AskerTest, NobodyBusyIsRefusedAfterLookingThreeTimes) {
  put("c1", "exited", Inspect::answers);
  Result<node::Claimants> found;
  int lists = 0;
  // What does not answer in time counts as busy, and a machine may be too slow once.
  EXPECT_TRUE(eventually([&] {
    lists = double_.lists();
    found = asker_.find("notes");
    return !found;
  }));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, Code::refused);
  EXPECT_NE(found.error().message.find("cannot tell who asks"), std::string::npos);
  EXPECT_EQ(double_.lists() - lists, 3);
}

TEST_F(AskerTest, OneThatComesAMomentLateIsFound) {
  ContainerDouble late;
  late.id = "c1";
  late.volumes = {"notes"};
  late.inspect = Inspect::blocks;
  late.from_list = 1;
  double_.put(late);
  ASSERT_OK(found, asker_.find("notes"));
  EXPECT_EQ(found.candidates.size(), 1u);
}

TEST_F(AskerTest, AnotherVolumesContainersDoNotCount) {
  ContainerDouble other;
  other.id = "c1";
  other.volumes = {"other"};
  other.inspect = Inspect::blocks;
  double_.put(other);
  EXPECT_FALSE(asker_.find("notes"));
}

TEST_F(AskerTest, ASilentEngineIsNotWaitedFor) {
  double_.set_silent(true);
  Stopwatch watch;
  ASSERT_OK(found, asker_.find("notes"));
  EXPECT_TRUE(found.engine_silent);
  EXPECT_TRUE(found.candidates.empty());
  EXPECT_LT(watch.elapsed(), milliseconds(2500));
  double_.set_silent(false);
}

TEST_F(AskerTest, AnEngineWithoutASocketIsSilent) {
  http::Endpoint nowhere;
  nowhere.socket_path = scratch_ / "nowhere.sock";
  node::Engine engine(nowhere);
  node::Asker asker(engine);
  ASSERT_OK(found, asker.find("notes"));
  EXPECT_TRUE(found.engine_silent);
}

TEST_F(AskerTest, AnEngineThatRefusesToListIsAnError) {
  double_.set_broken(true);
  auto found = asker_.find("notes");
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().message.find("it broke"), std::string::npos);
}

TEST_F(AskerTest, ManyLeftoversAreProbedWithoutAThreadForEach) {
  for (int i = 0; i < 200; ++i) put("left" + std::to_string(i), "created", Inspect::answers);
  put("mine", "created", Inspect::blocks);
  EXPECT_TRUE(eventually([&] {
    auto found = asker_.find("notes");
    return found && found->candidates.size() == 1 && found->candidates[0].container == "mine";
  }));
}

TEST_F(AskerTest, AbandonedInspectsAreGoneSoon) {
  put("c1", "created", Inspect::blocks);
  put("c2", "created", Inspect::blocks);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(asker_.find("notes"));
  // The double serves each until its container moves; what counts is that this side has let go.
  node::Prober prober(engine_);
  Stopwatch watch;
  { EXPECT_EQ(prober.probe({"c1", "c2"}, {}).size(), 2u); }
  EXPECT_LT(watch.elapsed(), milliseconds(1000));
}

TEST_F(AskerTest, ReconcileSeesContainersAsTheyAre) {
  node::DockerContainers containers(engine_);
  put("run", "running", Inspect::answers);
  put("again", "restarting", Inspect::answers);
  put("down", "exited", Inspect::answers);
  put("busy", "running", Inspect::blocks);
  put("made", "created", Inspect::missing);
  ASSERT_OK(views, containers.with_volume("notes"));
  std::map<std::string, ContainerView::State> states;
  for (const auto& view : views) {
    states[view.id] = view.state;
    EXPECT_EQ(view.mount_points, 1);
  }
  EXPECT_EQ(states, (std::map<std::string, ContainerView::State>{{"run", ContainerView::State::alive},
                                                                 {"again", ContainerView::State::alive},
                                                                 {"down", ContainerView::State::stopped},
                                                                 {"busy", ContainerView::State::busy},
                                                                 {"made", ContainerView::State::busy}}));
}

TEST_F(AskerTest, TheEngineIsReportedWhenReachedWhenItChangesAndUnderANewSession) {
  CoordinatorDouble coordinator;
  SessionDouble sessions;
  double_.set_swarm_node("node-a");
  node::Reporter reporter(engine_, coordinator, sessions, "n1");
  ASSERT_TRUE(eventually([&] { return coordinator.reported().size() == 1; }));
  EXPECT_EQ(coordinator.reported()[0].swarm_node_id, "node-a");
  EXPECT_EQ(coordinator.reported()[0].engine_version, "20.10.24");
  double_.set_swarm_node("node-b");
  EXPECT_TRUE(eventually([&] { return coordinator.reported().size() == 2; }));
  sessions.set("s2");
  EXPECT_TRUE(eventually([&] { return coordinator.reported().size() == 3; }));
}

}  // namespace
}  // namespace polly::test
