// The view that answers "no service mounts it" without asking, against manager doubles that stream events.
#include "swarm/schedulers/docker/service_view.h"

#include <gtest/gtest.h>

#include "swarm/schedulers/docker/docker_scheduler.h"
#include "tests/base/scratch.h"
#include "tests/swarm/schedulers/manager_double.h"

namespace polly::swarm::docker {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using Tell = ManagerDouble::Tell;

constexpr auto kLong = 600'000ms;  // longer than any test

bool eventually(const std::function<bool()>& true_yet) {
  const auto until = steady_clock::now() + 20s;
  while (!true_yet()) {
    if (steady_clock::now() > until) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

class ServiceViewTest : public testing::Test {
 protected:
  ServiceViewTest() {
    for (auto* one : {&manager, &second}) one->set("/tasks", Json::array());
  }
  void begin(ServiceView::Times times = {}, bool both = false) {
    std::vector<std::string> addresses{"unix://" + scratch / "m1.sock"};
    if (both) addresses.push_back("unix://" + scratch / "m2.sock");
    auto managers = Managers::make(addresses);
    ASSERT_TRUE(managers);
    times.pause = 10ms;
    scheduler = std::make_unique<DockerScheduler>("swarm", *std::move(managers), times);
  }
  // Nothing is renewed by time alone.
  static ServiceView::Times still() { return {.relist = kLong, .probe = kLong, .trust = kLong}; }

  int questions() const { return manager.asked("/tasks") + second.asked("/tasks"); }
  // Whether no task was asked for; the answer has to be right either way.
  bool answers_unasked(const std::string& volume) {
    const int before = questions();
    const auto services = scheduler->services_mounting(volume, {"node1", "n1"});
    EXPECT_TRUE(services) << services.error().message;
    EXPECT_TRUE(services->empty());
    return questions() == before;
  }
  bool comes_to_know(const std::string& volume) {
    return eventually([&] { return answers_unasked(volume); });
  }
  bool comes_to_ask(const std::string& volume) {
    return eventually([&] { return !answers_unasked(volume); });
  }

  Scratch scratch;
  ManagerDouble manager{scratch / "m1.sock"};
  ManagerDouble second{scratch / "m2.sock"};
  std::unique_ptr<DockerScheduler> scheduler;
};

TEST_F(ServiceViewTest, AVolumeThatNoServiceMountsIsAnsweredWithoutAskingForTasks) {
  manager.put_service("s1", {"pgdata", "logs"});
  begin();
  EXPECT_TRUE(comes_to_know("other"));
  EXPECT_FALSE(answers_unasked("pgdata"));
  EXPECT_FALSE(answers_unasked("logs"));
  EXPECT_TRUE(answers_unasked("pgdata2"));
}

TEST_F(ServiceViewTest, ItSubscribesBeforeItListsAndMissesNothingBetween) {
  begin(still());
  ASSERT_TRUE(comes_to_know("other"));
  auto asked = manager.all_asked();
  std::erase(asked, "/tasks");
  EXPECT_EQ(asked, (std::vector<std::string>{"/_ping", "/events", "/services"}));
  EXPECT_EQ(manager.query_of_events(),
            "?filters=" + http::encode_segment(R"({"type":["service"]})") + "&since=784111777")
      << "by the manager's clock, not ours";
}

TEST_F(ServiceViewTest, AServiceMadeAMomentAgoIsSeen) {
  begin(still());
  ASSERT_TRUE(comes_to_know("pgdata"));
  manager.put_service("s1", {"pgdata"});
  EXPECT_TRUE(comes_to_ask("pgdata"));
  EXPECT_TRUE(comes_to_know("other"));
  EXPECT_FALSE(answers_unasked("pgdata"));
}

TEST_F(ServiceViewTest, AServiceThatIsChangedIsSeen) {
  manager.put_service("s1", {"old"});
  begin(still());
  ASSERT_TRUE(comes_to_know("new"));
  manager.put_service("s1", {"new"});
  EXPECT_TRUE(comes_to_ask("new"));
  EXPECT_TRUE(comes_to_know("old"));
}

TEST_F(ServiceViewTest, AServiceThatIsRemovedIsForgotten) {
  manager.put_service("s1", {"pgdata"});
  begin(still());
  ASSERT_TRUE(comes_to_know("other"));
  manager.remove_service("s1");
  EXPECT_TRUE(comes_to_know("pgdata"));
}

TEST_F(ServiceViewTest, AServiceThatIsGoneBeforeItIsReadIsForgotten) {
  manager.put_service("s1", {"pgdata"});
  begin(still());
  ASSERT_TRUE(comes_to_know("other"));
  manager.say(R"({"Type":"service","Action":"update","Actor":{"ID":"s2"}})");
  manager.remove_service("s1");
  EXPECT_TRUE(comes_to_know("pgdata"));
}

TEST_F(ServiceViewTest, AnEventCostsOneServiceAndNoList) {
  for (int i = 0; i < 100; ++i) manager.put_service("s" + std::to_string(i), {"v" + std::to_string(i)});
  begin(still());
  ASSERT_TRUE(comes_to_know("other"));
  manager.put_service("s7", {"new"});
  ASSERT_TRUE(comes_to_know("v7"));
  EXPECT_EQ(manager.asked("/services"), 1);
  EXPECT_EQ(manager.asked("/services/s7"), 1);
  EXPECT_EQ(manager.asked("/services/s8"), 0);
}

TEST_F(ServiceViewTest, WhileAChangedServiceIsNotReadAgainTheManagerIsAsked) {
  begin(still());
  ASSERT_TRUE(comes_to_know("other"));
  manager.hang("/services/s1");
  manager.put_service("s1", {"pgdata"});
  ASSERT_TRUE(eventually([&] { return manager.asked("/services/s1") > 0; }));
  EXPECT_FALSE(answers_unasked("pgdata"));
  EXPECT_FALSE(answers_unasked("other"));
  manager.heal();
  EXPECT_TRUE(comes_to_know("other"));
}

TEST_F(ServiceViewTest, ATemplateThatCouldMatchIsAskedAbout) {
  manager.put_service("s1", {"pg-{{.Task.Slot}}-data"});
  begin();
  EXPECT_TRUE(comes_to_know("other"));
  EXPECT_FALSE(answers_unasked("pg-1-data"));
  EXPECT_TRUE(answers_unasked("pg-1-log"));
  EXPECT_TRUE(answers_unasked("my-1-data"));
}

TEST_F(ServiceViewTest, WhileTheEventsAreAwayTheManagerIsAsked) {
  begin(still());
  ASSERT_TRUE(comes_to_know("other"));
  manager.refuse("/events", 500);
  manager.cut_events();
  ASSERT_TRUE(comes_to_ask("other"));
  EXPECT_FALSE(answers_unasked("other"));
  manager.heal();
  EXPECT_TRUE(comes_to_know("other"));
}

TEST_F(ServiceViewTest, AfterEventsThatEndedAllIsListedAnew) {
  begin(still());
  ASSERT_TRUE(comes_to_know("pgdata"));
  manager.put_service("s1", {"pgdata"}, Tell::no);
  EXPECT_TRUE(answers_unasked("pgdata")) << "nobody has told";
  manager.end_events();
  EXPECT_TRUE(comes_to_ask("pgdata"));
  EXPECT_TRUE(comes_to_know("other"));
  EXPECT_FALSE(answers_unasked("pgdata"));
}

TEST_F(ServiceViewTest, AnEventThatWasLeftOutIsFoundByTheNextList) {
  auto times = still();
  times.relist = 50ms;
  begin(times);
  ASSERT_TRUE(comes_to_know("pgdata"));
  manager.put_service("s1", {"pgdata"}, Tell::no);
  EXPECT_TRUE(comes_to_ask("pgdata"));
  EXPECT_TRUE(comes_to_know("other"));
  EXPECT_FALSE(answers_unasked("pgdata"));
  EXPECT_TRUE(eventually([&] { return manager.followers() <= 1; })) << "the subscriptions before have ended";
}

TEST_F(ServiceViewTest, AManagerThatIsDemotedIsNoticedAlthoughItsEventsGoOn) {
  auto times = still();
  times.probe = 20ms;
  begin(times);
  ASSERT_TRUE(comes_to_know("other"));
  manager.refuse("/services", 503);
  EXPECT_TRUE(comes_to_ask("other"));
  manager.heal();
  EXPECT_TRUE(comes_to_know("other"));
}

TEST_F(ServiceViewTest, AManagerThatHangsIsTrustedNoLongerThanItsLastAnswerAllows) {
  auto times = still();
  times.probe = 20ms;
  times.trust = 200ms;
  begin(times);
  ASSERT_TRUE(comes_to_know("other"));
  manager.hang("/services");
  EXPECT_TRUE(comes_to_ask("other"));
}

TEST_F(ServiceViewTest, AManagerThatHangsDoesNotHoldUpACreate) {
  manager.hang("");
  begin(still(), true);
  const auto began = steady_clock::now();
  EXPECT_FALSE(answers_unasked("other"));  // of the second, after the two seconds that the first is given
  EXPECT_LT(steady_clock::now() - began, 5s);
  EXPECT_TRUE(comes_to_know("other")) << "by the second";
  second.hang("");
  const auto then = steady_clock::now();
  EXPECT_TRUE(answers_unasked("other"));
  EXPECT_LT(steady_clock::now() - then, 1s);
}

TEST_F(ServiceViewTest, AWorkerIsNoManager) {
  manager.refuse("/services", 503);  // its events are silent
  manager.refuse("/tasks", 503);
  second.put_service("s1", {"pgdata"});
  begin(still(), true);
  EXPECT_TRUE(comes_to_know("other"));
  EXPECT_EQ(second.followers(), 1);
  EXPECT_FALSE(answers_unasked("pgdata"));
}

TEST_F(ServiceViewTest, WhatMakesNoSenseIsNotTakenForNoServices) {
  for (const Json& list : {Json(), Json::object(), Json::array().push(Json::object()), Json("none")}) {
    manager.set("/services", list);
    const int lists = manager.asked("/services");
    begin(still());
    ASSERT_TRUE(eventually([&] { return manager.asked("/services") > lists + 1; }));
    EXPECT_FALSE(answers_unasked("other")) << list.dump();
  }
  manager.set("/services", Json::array());
  ASSERT_TRUE(comes_to_know("other"));
  for (const auto* event : {"garbage", R"({"Type":"service","Action":"update","Actor":{}})"}) {
    const int lists = manager.asked("/services");
    manager.say(event);
    EXPECT_TRUE(eventually([&] { return manager.asked("/services") > lists; })) << event;
    ASSERT_TRUE(comes_to_know("other"));
  }
}

TEST_F(ServiceViewTest, OtherEventsAreNothingToIt) {
  begin(still());
  ASSERT_TRUE(comes_to_know("other"));
  manager.say(R"({"Type":"node","Action":"update","Actor":{"ID":"n1"}})");
  manager.put_service("s1", {"pgdata"});
  ASSERT_TRUE(eventually([&] { return manager.asked("/services/s1") == 1; }));
  EXPECT_EQ(manager.asked("/services/n1"), 0);
  EXPECT_EQ(manager.asked("/services"), 1);
}

TEST_F(ServiceViewTest, ItEndsAtOnceWhateverItsManagerDoes) {
  for (const auto* path : {"/_ping", "/events", "/services", "/services/s1", "nothing"}) {
    manager.hang(path);
    const int before = manager.asked(path);
    begin(still());
    manager.put_service("s1", {"pgdata"});
    if (path == std::string("nothing")) {
      ASSERT_TRUE(comes_to_know("other"));
    } else {
      ASSERT_TRUE(eventually([&] {
        manager.put_service("s1", {"pgdata"});
        return manager.asked(path) > before;
      })) << path;
    }
    const auto began = steady_clock::now();
    scheduler.reset();
    EXPECT_LT(steady_clock::now() - began, 1s) << path;
    manager.heal();
  }
}

TEST(SwarmService, MountsOfItsPreviousSpecCount) {
  auto spec = [](const std::string& type, const std::string& source) {
    Json mounts = Json::array().push(volume_mount(source).set("Type", type));
    Json container = Json::object().set("Mounts", mounts);
    return Json::object().set("Name", "pg").set("TaskTemplate", Json::object().set("ContainerSpec", container));
  };
  Json json = Json::object().set("ID", "s1").set("Spec", spec("volume", "new"));
  json.set("PreviousSpec", spec("volume", "old"));
  EXPECT_TRUE(SwarmService::from_json(json)->could_mount("old"));
  EXPECT_TRUE(SwarmService::from_json(json)->could_mount("new"));
  json.set("PreviousSpec", spec("bind", "old"));
  EXPECT_FALSE(SwarmService::from_json(json)->could_mount("old"));
}

TEST(SwarmService, ASourceCouldBecomeOnlyWhatItsLiteralEndsAllow) {
  EXPECT_TRUE(could_become("pgdata", "pgdata"));
  EXPECT_FALSE(could_become("pgdata", "pgdata2"));
  EXPECT_FALSE(could_become("", "pgdata"));
  EXPECT_TRUE(could_become("{{.Service.Name}}", "pgdata"));
  EXPECT_TRUE(could_become("pg-{{.Task.Slot}}", "pg-1"));
  EXPECT_TRUE(could_become("pg-{{.Task.Slot}}", "pg-"));
  EXPECT_FALSE(could_become("pg-{{.Task.Slot}}", "pg"));
  EXPECT_FALSE(could_become("pg-{{.Task.Slot}}", "my-1"));
  EXPECT_FALSE(could_become("{{.Task.Slot}}-pg", "1-my"));
  EXPECT_TRUE(could_become("a{{.Task.Slot}}x{{.Node.ID}}c", "a1y2c")) << "what stands between is not looked at";
  EXPECT_FALSE(could_become("aba{{.Task.Slot}}aba", "ababa")) << "ends that overlap leave no room";
  EXPECT_FALSE(could_become("ab{{.Task.Slot}}ba", "aba"));
  EXPECT_TRUE(could_become("pg {{- .Task.Slot -}} x", "pg1x"));
  EXPECT_TRUE(could_become("pg-{{.Task.Slot", "pg-1")) << "a template without an end says nothing";
  EXPECT_TRUE(could_become("pg-}}{{.Task.Slot", "pg-}}1"));
}

}  // namespace
}  // namespace polly::swarm::docker
