// Against a manager double that answers as the Engine API v1.41 does.
#include "swarm/schedulers/docker/docker_scheduler.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/swarm/schedulers/manager_double.h"

namespace polly::swarm::docker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

Json task(const std::string& state, const std::string& container) {
  Json status = Json::object().set("State", state);
  if (!container.empty()) status.set("ContainerStatus", Json::object().set("ContainerID", container));
  return Json::object()
      .set("ID", "t1")
      .set("ServiceID", "s1")
      .set("NodeID", "n1")
      .set("Slot", 2)
      .set("DesiredState", "running")
      .set("Status", status)
      .set("Spec",
           Json::object().set("ContainerSpec",
                              Json::object().set("Mounts", Json::array().push(volume_mount("pg-{{.Task.Slot}}")))));
}

class DockerSchedulerTest : public testing::Test {
 protected:
  DockerSchedulerTest() {
    SchedulerSettings settings{"swarm", "docker", {"unix://" + path}};
    auto made = DockerScheduler::make(settings);
    EXPECT_TRUE(made);
    scheduler = *std::move(made);
    manager.set("/tasks/t1", task("starting", "c1"));
    manager.set("/services/s1", Json::object().set("Spec", Json::object().set("Name", "pg")));
    manager.set("/nodes/n1", Json::object().set("Description", Json::object().set("Hostname", "node1")));
  }

  Result<Asker> identify(const Candidate& candidate, const std::string& volume = "pg-2",
                         const std::string& node = "n1") {
    return scheduler->identify(candidate, {"node1", node}, volume, steady_clock::now() + seconds(10));
  }

  static Candidate starting(const std::string& container = "c1") {
    return {container, "pg.2.t1", "t1", Candidate::Phase::start};
  }

  const std::string path = "/tmp/polly-manager-" + std::to_string(getpid()) + ".sock";
  ManagerDouble manager{path};
  std::unique_ptr<Scheduler> scheduler;
};

void expect_refused(const Result<Asker>& asker, const std::string& words) {
  ASSERT_FALSE(asker);
  EXPECT_EQ(asker.error().code, Code::refused) << asker.error().message;
  EXPECT_NE(asker.error().message.find(words), std::string::npos) << asker.error().message;
}

TEST_F(DockerSchedulerTest, ATaskThatStartsThisContainerOnThisNodeForThisVolumeIsItsService) {
  auto asker = identify(starting());
  ASSERT_TRUE(asker) << asker.error().message;
  EXPECT_EQ(asker->service.text(), "swarm/pg");
  EXPECT_EQ(asker->service.id, "s1");
  EXPECT_EQ(asker->task, "t1");
}

TEST_F(DockerSchedulerTest, ALabelThatNamesNoTaskIsRefused) {
  auto forged = starting();
  forged.task = "t9";
  expect_refused(identify(forged), "does not know");
}

TEST_F(DockerSchedulerTest, ATaskOfAnotherNodeIsRefused) {
  expect_refused(identify(starting(), "pg-2", "n2"), "not assigned to node");
}

TEST_F(DockerSchedulerTest, ANodeThatIsNotBoundProvesNothing) {
  expect_refused(identify(starting(), "pg-2", ""), "not bound");
}

TEST_F(DockerSchedulerTest, ATaskThatRunsAlreadyStartsNoContainer) {
  manager.set("/tasks/t1", task("running", "c1"));
  expect_refused(identify(starting()), "is running");
}

TEST_F(DockerSchedulerTest, AnotherContainerThanTheTasksIsRefused) {
  expect_refused(identify(starting("c2")), "another one");
}

TEST_F(DockerSchedulerTest, AnotherVolumeThanTheServiceMountsIsRefused) {
  expect_refused(identify(starting(), "pg-1"), "does not mount it");
}

TEST_F(DockerSchedulerTest, AContainerOfAnotherNameIsRefused) {
  auto candidate = starting();
  candidate.name = "shell";
  expect_refused(identify(candidate), "whose container is called pg.2.t1");
}

TEST_F(DockerSchedulerTest, NewsFromTheWorkerIsWaitedFor) {
  manager.set("/tasks/t1", task("preparing", ""));
  std::thread worker([&] {
    std::this_thread::sleep_for(milliseconds(300));
    manager.set("/tasks/t1", task("starting", "c1"));
  });
  auto asker = identify(starting());
  worker.join();
  EXPECT_TRUE(asker) << asker.error().message;
}

TEST_F(DockerSchedulerTest, NewsThatNeverComesIsToldAsSuch) {
  manager.set("/tasks/t1", task("preparing", ""));
  auto asker = identify(starting());
  ASSERT_FALSE(asker);
  EXPECT_EQ(asker.error().code, Code::timeout);
}

TEST_F(DockerSchedulerTest, InCopyUpTheFirstContainerSeenIsTheTasks) {
  manager.set("/tasks/t1", task("preparing", ""));
  Candidate first{"c1", "pg.2.t1", "t1", Candidate::Phase::copy_up};
  Candidate second{"c2", "pg.2.t1", "t1", Candidate::Phase::copy_up};
  EXPECT_TRUE(identify(first));
  EXPECT_TRUE(identify(first));
  expect_refused(identify(second), "another container came with that before");
}

TEST_F(DockerSchedulerTest, WithoutAManagerNothingIsBelieved) {
  manager.refuse_all(503);
  auto asker = identify(starting());
  ASSERT_FALSE(asker);
  EXPECT_EQ(asker.error().code, Code::unavailable);
}

TEST_F(DockerSchedulerTest, WhatIsWantedOfATaskIsTold) {
  EXPECT_EQ(scheduler->wanted("t1"), Wanted::running);
  manager.set("/tasks/t1", [] {
    auto json = task("running", "c1");
    json.set("DesiredState", "shutdown");
    return json;
  }());
  EXPECT_EQ(scheduler->wanted("t1"), Wanted::leaving);
  EXPECT_EQ(scheduler->wanted("t9"), Wanted::gone);
  manager.refuse_all(500);
  EXPECT_EQ(scheduler->wanted("t1"), Wanted::unknown);
}

TEST_F(DockerSchedulerTest, TheServicesOfANodeThatMountAVolumeAreFoundWithTheirTemplatesExpanded) {
  manager.set("/tasks", Json::array().push(task("preparing", "")));
  auto services = scheduler->services_mounting("pg-2", {"node1", "n1"});
  ASSERT_TRUE(services) << services.error().message;
  ASSERT_EQ(services->size(), 1u);
  EXPECT_EQ(services->front().text(), "swarm/pg");
  EXPECT_TRUE(scheduler->services_mounting("pg-3", {"node1", "n1"})->empty());
}

TEST_F(DockerSchedulerTest, AServiceIsFoundByItsWholeName) {
  auto service = [](const char* id, const char* name) {
    return Json::object().set("ID", id).set("Spec", Json::object().set("Name", name));
  };
  manager.set("/services", Json::array().push(service("s2", "pg-old")).push(service("s1", "pg")));
  EXPECT_EQ(scheduler->service_id("pg"), "s1");
  EXPECT_EQ(scheduler->service_id("p"), "");
  manager.refuse_all(503);
  EXPECT_FALSE(scheduler->service_id("pg"));
}

}  // namespace
}  // namespace polly::swarm::docker
