// What a start finds of the process before it: each test leaves files as a crash would, and starts again.
#include <sys/mount.h>

#include <thread>

#include "tests/plugin/doubles/node_fixture.h"

namespace polly::test {
namespace {

using drivers::memory::Call;
using std::chrono::milliseconds;
using std::chrono::seconds;

class RecoveryTest : public NodeTest {
 protected:
  // The journal as a killed process left it.
  void leave(const Volume& volume, const std::string& state, const std::string& id = "m1",
             std::string of_boot = "boot-1", const std::string& releases = "[]") {
    ASSERT_TRUE(files::make_directories(scratch / "state/journal"));
    auto directory = scratch / "mounts/" + volume.id + "/stage";
    auto mounts = state.empty() ? "[]"
                                : R"([{"id":")" + id + R"(","state":")" + state + R"(","path":")" + scratch.path() +
                                      "/mounts/" + volume.id + "/" + id +
                                      R"(","access":"rw","service":"swarm/db","container":"c1","at":1,"count":1}])";
    auto text = R"({"version":1,"id":")" + volume.id + R"(","name":")" + volume.name +
                R"(","driver":"memory","boot":")" + of_boot +
                R"(","epoch":{"incarnation":1,"number":1},"directory":")" + directory + R"(","mounts":)" + mounts +
                R"(,"releases":)" + releases + "}\n";
    ASSERT_TRUE(files::write_atomically(scratch / "state/journal/" + volume.id + ".json", text));
  }
  // The coordinator has it on record, as far as it came.
  void record(const Volume& volume, const std::string& id) {
    MountClaim claim;
    claim.volume = volume.name;
    claim.mount_id = id;
    claim.session = "s1";
    ASSERT_TRUE(coordinator.mount(claim));
  }
};

TEST_F(RecoveryTest, AMountThatWasBegunIsUndoneAndReleased) {
  auto volume = coordinator.add("notes");
  record(volume, "m1");
  leave(volume, "mounting");
  start();
  EXPECT_TRUE(eventually([&] { return coordinator.mount_count() == 0 && at_rest(); }));
  EXPECT_EQ(volumes().mountpoint("notes"), "");
}

TEST_F(RecoveryTest, AnUnmountThatWasBegunIsFinished) {
  auto volume = coordinator.add("notes");
  record(volume, "m1");
  leave(volume, "unmounting");
  start();
  EXPECT_TRUE(eventually([&] { return coordinator.mount_count() == 0 && at_rest(); }));
}

TEST_F(RecoveryTest, AMountThatStoodStaysAndCanBeUnmounted) {
  auto volume = coordinator.add("notes");
  start();
  ASSERT_OK(path, mount("notes", "m1"));
  restart();
  EXPECT_EQ(volumes().mountpoint("notes"), path);
  EXPECT_TRUE(files::exists(path));
  ASSERT_OK(second, mount("notes", "m2"));
  EXPECT_EQ(calls(Call::stage), 1u);  // found where it was
  EXPECT_EQ(coordinator.mounts("notes").size(), 2u);
  EXPECT_DONE(volumes().unmount("notes", "m1"));
  EXPECT_DONE(volumes().unmount("notes", "m2"));
  EXPECT_TRUE(eventually([&] { return coordinator.mount_count() == 0 && at_rest(); }));
}

TEST_F(RecoveryTest, ReleasesThatWereOwedAreTold) {
  auto volume = coordinator.add("notes");
  record(volume, "m7");
  leave(volume, "", "", "boot-1", R"(["m7"])");
  start();
  EXPECT_TRUE(eventually([&] { return coordinator.mount_count() == 0 && at_rest(); }));
}

TEST_F(RecoveryTest, ANewBootDropsItsMountsAndTheirIdsMayComeAgain) {
  auto volume = coordinator.add("notes");
  record(volume, "m1");
  leave(volume, "mounted", "m1", "boot-0");
  start();
  EXPECT_EQ(volumes().mountpoint("notes"), "");
  EXPECT_TRUE(eventually([&] { return coordinator.mount_count() == 0 && at_rest(); }));
  EXPECT_EQ(calls(Call::unstage), 0u);
  EXPECT_TRUE(coordinator.releases().empty());
  EXPECT_TRUE(mount("notes", "m1"));
}

// As with a managed plugin, whose mounts end with the engine that is killed, and whose containers keep their ids.
TEST_F(RecoveryTest, AMountThatIsAskedForAgainIsMountedAnewWhenItsStageIsGone) {
  auto volume = coordinator.add("notes");
  record(volume, "m1");
  leave(volume, "mounted", "m1");
  start();
  auto path = volumes().mount("notes", "m1", [](const std::string&) { return node::Claimants{{}, true}; });
  EXPECT_TRUE(path);
  EXPECT_EQ(calls(Call::stage), 1u);
  EXPECT_EQ(calls(Call::publish), 1u);
}

TEST_F(RecoveryTest, AJournalThatCannotBeReadIsPutAsideAndReported) {
  auto volume = coordinator.add("notes");
  ASSERT_TRUE(files::make_directories(scratch / "state/journal"));
  auto file = scratch / "state/journal/" + volume.id + ".json";
  ASSERT_TRUE(files::write_atomically(file, "{\"version\":1,\"id\":"));
  start();
  EXPECT_TRUE(files::exists(file + ".unreadable"));
  EXPECT_EQ(node().findings().all()["journal"].size(), 1u);
  EXPECT_TRUE(mount("notes", "m1"));
}

TEST_F(RecoveryTest, WhatNoRecordExplainsStaysMountedAndIsReported) {
  auto point = scratch / "mounts/deadbeef/stage";
  ASSERT_TRUE(files::make_directories(point));
  if (::mount("none", point.c_str(), "tmpfs", 0, "size=64k") != 0) GTEST_SKIP() << "mounting needs root";
  start();
  EXPECT_TRUE(eventually([&] { return node().findings().all()["mounts"].size() == 1; }));
  EXPECT_NE(node().findings().all()["mounts"][0].find("deadbeef"), std::string::npos);
  ASSERT_TRUE(eventually([&] { return !coordinator.inventories().empty(); }));
  auto held = coordinator.inventories().back().held;
  ASSERT_EQ(held.size(), 1u);
  EXPECT_EQ(held[0].volume_id, "deadbeef");
  EXPECT_TRUE(held[0].unexplained) << "it is not given away";
  auto file = files::read(scratch / "run/findings.json");
  EXPECT_TRUE(file && file->find("deadbeef") != std::string::npos);
  EXPECT_EQ(::umount2(point.c_str(), 0), 0);
}

TEST_F(RecoveryTest, CallsForAVolumeWaitForItsRecoveryAndOthersDoNot) {
  auto slow = coordinator.add("slow");
  coordinator.add("fast");
  start();
  ASSERT_OK(path, mount("slow", "m1"));
  stop();
  platform().hang_next(Call::find);
  start();
  EXPECT_TRUE(eventually([&] { return platform().hanging() == 1; }));
  EXPECT_TRUE(mount("fast", "m2"));
  std::atomic<bool> done{false};
  std::thread waiting([&] {
    EXPECT_TRUE(mount("slow", "m3"));
    done = true;
  });
  std::this_thread::sleep_for(milliseconds(200));
  EXPECT_FALSE(done);
  platform().release();
  waiting.join();
}

TEST_F(RecoveryTest, NoMountIsAskedForBeforeTheInventoryWasAnswered) {
  coordinator.add("notes");
  coordinator.fail_with("inventory", {Code::unavailable, "connection refused"});
  limits.coordinator_away = seconds(10);
  start();
  std::thread waiting([&] { EXPECT_TRUE(mount("notes", "m1")); });
  std::this_thread::sleep_for(milliseconds(300));
  EXPECT_TRUE(coordinator.claims().empty());
  coordinator.heal();
  waiting.join();
}

// An engine that lost power starts its containers under the mount ids that they had, and a node that booted has no
// session to release them with for a while.
TEST_F(RecoveryTest, TheInventoryNamesWhatIsHeldAndTheRestIsReleasedThere) {
  auto volume = coordinator.add("notes");
  start();
  ASSERT_OK(path, mount("notes", "m1"));
  record(volume, "lost");
  restart();
  EXPECT_TRUE(eventually([&] { return coordinator.mounts("notes") == std::set<std::string>{"m1"}; }));
  auto inventory = coordinator.inventories().back();
  ASSERT_EQ(inventory.held.size(), 1u);
  EXPECT_EQ(inventory.held[0].volume_id, volume.id);
  EXPECT_EQ(inventory.held[0].mounts, std::vector<std::string>{coordinator.claims().front().mount_id});
  EXPECT_EQ(inventory.session, "s1");
}

TEST_F(RecoveryTest, AMountThatTheCoordinatorDoesNotKnowStaysAndIsReported) {
  auto volume = coordinator.add("notes");
  start();
  ASSERT_OK(path, mount("notes", "m1"));
  ASSERT_TRUE(
      coordinator.release({volume.id, coordinator.claims().back().mount_id, "n1", "s1"}));  // an operator's force
  restart();
  EXPECT_TRUE(eventually([&] { return node().findings().all()["coordinator"].size() == 1; }));
  EXPECT_TRUE(files::exists(path));
}

TEST_F(RecoveryTest, ANewSessionIsToldWhatIsHeldBeforeTheNextMount) {
  coordinator.add("notes");
  start();
  ASSERT_OK(first, mount("notes", "m1"));
  coordinator.set_session("s2");
  sessions.set("s2");
  ASSERT_OK(second, mount("notes", "m2"));
  auto told = coordinator.inventories();
  EXPECT_EQ(told.back().session, "s2");
  EXPECT_EQ(coordinator.mounts("notes").size(), 2u);
}

TEST_F(RecoveryTest, ASessionLostUnderAMountIsDoubtedAndTheMountGoesOnWithTheNext) {
  coordinator.add("notes");
  limits.coordinator_away = seconds(10);
  start();
  ASSERT_OK(first, mount("notes", "m1"));
  coordinator.set_session("s2");
  std::thread guard([&] {
    EXPECT_TRUE(eventually([&] { return sessions.doubts > 0; }));
    sessions.set("s2");
  });
  auto second = mount("notes", "m2");
  guard.join();
  EXPECT_TRUE(second) << second.error().message;
}

TEST_F(RecoveryTest, TheRecordOfVolumesSurvivesWithoutTheCoordinator) {
  coordinator.add("notes");
  start();
  EXPECT_TRUE(eventually([&] { return volumes().all().size() == 1; }));
  stop();
  coordinator.go_away();
  start();
  ASSERT_OK(volume, volumes().find("notes"));
  EXPECT_EQ(volume->name, "notes");
}

}  // namespace
}  // namespace polly::test
