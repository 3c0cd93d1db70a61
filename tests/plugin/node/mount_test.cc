// Mount and Unmount on one node, with a coordinator and a platform that do what they are told.
#include <thread>

#include "tests/plugin/doubles/node_fixture.h"

namespace polly::test {
namespace {

using drivers::memory::Call;
using drivers::memory::When;
using std::chrono::milliseconds;
using std::chrono::seconds;

class MountTest : public NodeTest {
 protected:
  MountTest() {
    limits.coordinator_away = seconds(2);
    limits.unmount = seconds(2);
    limits.flush = milliseconds(500);
  }
};

TEST_F(MountTest, MountsOnceStagedAndPublishedAndUnmountsToNothing) {
  auto volume = coordinator.add("notes");
  start();
  ASSERT_OK(path, mount("notes", "m1"));
  EXPECT_EQ(path, scratch / "mounts/" + volume.id + "/m1");
  EXPECT_TRUE(files::exists(path));
  EXPECT_EQ(volumes().mountpoint("notes"), path);
  EXPECT_NE(journal_text(volume.id).find(R"("state":"mounted")"), std::string::npos);
  EXPECT_DONE(volumes().unmount("notes", "m1"));
  EXPECT_EQ(volumes().mountpoint("notes"), "");
  EXPECT_EQ(calls(Call::unstage), 1u);
  EXPECT_TRUE(eventually([&] { return coordinator.mount_count() == 0 && at_rest(); }));
  EXPECT_FALSE(files::exists(scratch / "mounts/" + volume.id));
}

TEST_F(MountTest, ASecondMountJoinsTheStageButIsDecidedOnItsOwn) {
  coordinator.add("notes");
  start();
  ASSERT_OK(first, mount("notes", "m1", "c1"));
  ASSERT_OK(second, mount("notes", "m2", "c2"));
  EXPECT_NE(first, second);
  EXPECT_EQ(calls(Call::stage), 1u);
  EXPECT_EQ(calls(Call::publish), 2u);
  EXPECT_EQ(coordinator.claims().size(), 2u);
  EXPECT_DONE(volumes().unmount("notes", "m1"));
  EXPECT_EQ(calls(Call::unstage), 0u);
  EXPECT_EQ(volumes().mountpoint("notes"), second);
  EXPECT_DONE(volumes().unmount("notes", "m2"));
  EXPECT_EQ(calls(Call::unstage), 1u);
}

TEST_F(MountTest, ManyMountsOfOneVolumeAtOnceStageItOnce) {
  coordinator.add("notes");
  start();
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 16; ++i)
    threads.emplace_back([&, i] { good += mount("notes", "m" + std::to_string(i)) ? 1 : 0; });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 16);
  EXPECT_EQ(calls(Call::stage), 1u);
}

TEST_F(MountTest, TheClaimCarriesWhoAsks) {
  coordinator.add("notes");
  start();
  ASSERT_OK(path, mount("notes", "m1", "abc"));
  auto claim = coordinator.claims().at(0);
  EXPECT_EQ(claim.volume, "notes");
  EXPECT_EQ(claim.mount_id, "m1");
  EXPECT_EQ(claim.node, "n1");
  EXPECT_EQ(claim.session, "s1");
  ASSERT_EQ(claim.candidates.size(), 1u);
  EXPECT_EQ(claim.candidates[0].container, "abc");
  EXPECT_GT(claim.wait_ms, 90'000);
  EXPECT_LT(claim.wait_ms, 105'001);
}

TEST_F(MountTest, ARefusalLeavesNothingAndNeedsNoRelease) {
  auto volume = coordinator.add("notes");
  coordinator.fail_with("mount", {Code::refused, "cannot mount volume 'notes': no grant; polly grant notes"});
  start();
  auto path = mount("notes", "m1");
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().message, "cannot mount volume 'notes': no grant; polly grant notes");
  EXPECT_TRUE(at_rest());
  EXPECT_EQ(calls(Call::stage), 0u);
  EXPECT_TRUE(coordinator.releases().empty());
}

TEST_F(MountTest, WhenNobodyCanSayWhoAsksTheCoordinatorIsNotBothered) {
  coordinator.add("notes");
  start();
  auto path = volumes().mount("notes", "m1", [](const std::string&) -> Result<node::Claimants> {
    return fail(Code::refused, "cannot tell who asks");
  });
  ASSERT_FALSE(path);
  EXPECT_NE(path.error().message.find("cannot tell who asks"), std::string::npos);
  EXPECT_TRUE(coordinator.claims().empty());
}

TEST_F(MountTest, AFailedStageIsUndoneAndReleased) {
  auto volume = coordinator.add("notes");
  platform().fail_next(Call::stage, Code::unavailable, When::after);
  start();
  auto path = mount("notes", "m1");
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().message.rfind("cannot mount volume 'notes': ", 0), 0u) << path.error().message;
  EXPECT_EQ(calls(Call::unstage), 1u);
  EXPECT_TRUE(eventually([&] { return coordinator.mount_count() == 0 && at_rest(); }));
}

TEST_F(MountTest, AFailedPublishIsUndoneAndTheOthersStay) {
  coordinator.add("notes");
  start();
  ASSERT_OK(path, mount("notes", "m1"));
  platform().fail_next(Call::publish, Code::internal, When::after);
  ASSERT_FALSE(mount("notes", "m2"));
  EXPECT_TRUE(eventually([&] { return coordinator.mounts("notes") == std::set<std::string>{"m1"}; }));
  EXPECT_EQ(calls(Call::unstage), 0u);
  EXPECT_TRUE(files::exists(path));
}

TEST_F(MountTest, AnAnswerThatIsLostIsAskedForAgain) {
  coordinator.add("notes");
  coordinator.lose_answer("mount");
  start();
  std::thread healer([&] {
    EXPECT_TRUE(eventually([&] { return coordinator.count("mount") >= 2; }));
    coordinator.heal();
  });
  auto path = mount("notes", "m1");
  healer.join();
  EXPECT_TRUE(path) << path.error().message;
}

TEST_F(MountTest, AnAnswerThatNeverComesIsReleased) {
  coordinator.add("notes");
  start();
  ASSERT_OK(warm, mount("notes", "m0"));
  coordinator.lose_answer("mount");
  auto path = mount("notes", "m1");
  ASSERT_FALSE(path);
  EXPECT_TRUE(eventually([&] { return coordinator.mounts("notes") == std::set<std::string>{"m0"}; }));
}

TEST_F(MountTest, ARefusalAfterAnAnswerThatWasLostIsReleasedToo) {
  coordinator.add("notes");
  coordinator.lose_answer("mount");
  start();
  std::thread changer([&] {
    EXPECT_TRUE(eventually([&] { return coordinator.count("mount") >= 1; }));
    coordinator.heal();
    coordinator.fail_with("mount", {Code::refused, "volume 'notes' is not granted to it"});
  });
  EXPECT_FALSE(mount("notes", "m1"));
  changer.join();
  EXPECT_TRUE(eventually([&] { return coordinator.mount_count() == 0 && at_rest(); }));
}

TEST_F(MountTest, AWaitingMountDoesNotBlockTheUnmountItWaitsFor) {
  coordinator.add("notes");
  coordinator.wait_for_release("notes");
  start();
  ASSERT_OK(first, mount("notes", "m1"));
  Result<std::string> second;
  std::thread waiting([&] { second = mount("notes", "m2"); });
  EXPECT_TRUE(eventually([&] { return coordinator.count("mount") == 2; }));
  Stopwatch watch;
  EXPECT_DONE(volumes().unmount("notes", "m1"));
  EXPECT_LT(watch.elapsed(), seconds(1));
  waiting.join();
  EXPECT_TRUE(second) << second.error().message;
  EXPECT_EQ(calls(Call::unstage), 1u);  // before the second was let in
  EXPECT_EQ(calls(Call::stage), 2u);
}

TEST_F(MountTest, ASlowCoordinatorForOneVolumeDelaysNoOther) {
  coordinator.add("slow");
  coordinator.add("fast");
  coordinator.hang("mount slow");
  start();
  std::thread slow([&] { (void)mount("slow", "m1"); });
  EXPECT_TRUE(eventually([&] { return coordinator.count("mount") == 1; }));
  Stopwatch watch;
  EXPECT_TRUE(mount("fast", "m2"));
  EXPECT_DONE(volumes().unmount("fast", "m2"));
  EXPECT_LT(watch.elapsed(), seconds(1));
  coordinator.heal();
  slow.join();
}

TEST_F(MountTest, ASlowPlatformForOneVolumeDelaysNoOther) {
  coordinator.add("slow");
  coordinator.add("fast");
  start();
  platform().hang_next(Call::stage);
  std::thread slow([&] { EXPECT_TRUE(mount("slow", "m1")); });
  EXPECT_TRUE(eventually([&] { return platform().hanging() == 1; }));
  Stopwatch watch;
  EXPECT_TRUE(mount("fast", "m2"));
  EXPECT_LT(watch.elapsed(), seconds(1));
  platform().release();
  slow.join();
}

TEST_F(MountTest, APlatformThatHangsIsAnsweredInTimeAndUndoneWhenItLetsGo) {
  auto volume = coordinator.add("notes");
  limits.mount = milliseconds(700);
  start();
  platform().hang_next(Call::stage);
  Stopwatch watch;
  ASSERT_FALSE(mount("notes", "m1"));
  EXPECT_LT(watch.elapsed(), milliseconds(1500));
  EXPECT_EQ(coordinator.mount_count(), 1u);  // told only when the device is gone
  platform().release();
  EXPECT_TRUE(eventually([&] { return coordinator.mount_count() == 0 && at_rest(); }));
  EXPECT_EQ(calls(Call::unstage), 1u);
}

TEST_F(MountTest, ACoordinatorThatHangsIsAnsweredInTime) {
  coordinator.add("notes");
  limits.mount = milliseconds(700);
  start();
  coordinator.hang("mount");
  Stopwatch watch;
  auto path = mount("notes", "m1");
  EXPECT_FALSE(path);
  EXPECT_LT(watch.elapsed(), milliseconds(1500));
}

TEST_F(MountTest, WithoutACoordinatorAMountFailsInTimeWithOneSentence) {
  coordinator.add("notes");
  start();
  ASSERT_OK(path, mount("notes", "m1"));
  coordinator.go_away();
  Stopwatch watch;
  auto second = mount("notes", "m2");
  ASSERT_FALSE(second);
  EXPECT_LT(watch.elapsed(), seconds(4));
  EXPECT_EQ(second.error().message.rfind("cannot mount volume 'notes': ", 0), 0u) << second.error().message;
}

TEST_F(MountTest, WithoutAGuardAMountFailsInTimeWithOneSentence) {
  coordinator.add("notes");
  sessions.set("");
  start();
  auto path = mount("notes", "m1");
  ASSERT_FALSE(path);
  EXPECT_NE(path.error().message.find("guard"), std::string::npos);
}

TEST_F(MountTest, UnmountNeedsNoCoordinatorAndTellsItLater) {
  coordinator.add("notes");
  start();
  ASSERT_OK(path, mount("notes", "m1"));
  coordinator.go_away();
  Stopwatch watch;
  EXPECT_DONE(volumes().unmount("notes", "m1"));
  EXPECT_LT(watch.elapsed(), seconds(1));
  EXPECT_EQ(calls(Call::unstage), 1u);
  EXPECT_EQ(coordinator.mount_count(), 1u);
  coordinator.heal();
  EXPECT_TRUE(eventually([&] { return coordinator.mount_count() == 0 && at_rest(); }));
}

TEST_F(MountTest, AnUnmountThatOvertakesItsMountUndoesIt) {
  coordinator.add("notes");
  start();
  coordinator.hang("mount");
  Result<std::string> path;
  std::thread mounting([&] { path = mount("notes", "m1"); });
  EXPECT_TRUE(eventually([&] { return coordinator.count("mount") == 1; }));
  EXPECT_DONE(volumes().unmount("notes", "m1"));
  coordinator.heal();
  mounting.join();
  EXPECT_FALSE(path);
  EXPECT_TRUE(eventually([&] { return coordinator.mount_count() == 0 && at_rest(); }));
}

TEST_F(MountTest, AnUnmountOfWhatIsNotMountedIsDone) {
  coordinator.add("notes");
  start();
  EXPECT_DONE(volumes().unmount("notes", "m1"));
  EXPECT_DONE(volumes().unmount("unknown", "m1"));
}

TEST_F(MountTest, ABusyDeviceIsAnsweredAndReleasedOnlyWhenItIsGone) {
  coordinator.add("notes");
  limits.unmount = milliseconds(300);
  start();
  ASSERT_OK(path, mount("notes", "m1"));
  platform().fail_next(Call::unstage, Code::busy, When::before, 8);
  Stopwatch watch;
  EXPECT_DONE(volumes().unmount("notes", "m1"));
  EXPECT_LT(watch.elapsed(), seconds(1));
  EXPECT_EQ(coordinator.mount_count(), 1u);
  EXPECT_TRUE(eventually([&] { return coordinator.mount_count() == 0 && at_rest(); }));
  EXPECT_EQ(calls(Call::unstage), 9u);
}

TEST_F(MountTest, TheMountOfARunningContainerIsMountedTwiceByDockerCp) {
  coordinator.add("notes");
  start();
  ASSERT_OK(first, mount("notes", "m1", "c1"));
  // The container runs: nobody is being started.
  auto again = volumes().mount("notes", "m1", [](const std::string&) -> Result<node::Claimants> {
    return fail(Code::refused, "cannot tell who asks");
  });
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, first);
  EXPECT_DONE(volumes().unmount("notes", "m1"));
  EXPECT_EQ(coordinator.mounts("notes").size(), 1u);
  EXPECT_TRUE(files::exists(first));
  EXPECT_DONE(volumes().unmount("notes", "m1"));
  EXPECT_TRUE(eventually([&] { return coordinator.mount_count() == 0 && at_rest(); }));
}

TEST_F(MountTest, AMountIdThatComesBackWithItsContainerStartedAnewIsDecidedAnew) {
  coordinator.add("notes");
  start();
  ASSERT_OK(first, mount("notes", "m1", "c1"));
  ASSERT_OK(second, mount("notes", "m1", "c1"));
  EXPECT_EQ(coordinator.claims().size(), 2u);
  EXPECT_EQ(calls(Call::stage), 2u);
  EXPECT_EQ(coordinator.mounts("notes"), std::set<std::string>{"m1"});
  EXPECT_DONE(volumes().unmount("notes", "m1"));
  EXPECT_TRUE(eventually([&] { return at_rest(); }));
}

TEST_F(MountTest, AnOwedReleaseOfTheSameIdGoesFirst) {
  coordinator.add("notes");
  limits.coordinator_away = milliseconds(200);
  limits.recovery = milliseconds(200);
  start();
  ASSERT_OK(first, mount("notes", "m1"));
  coordinator.fail_with("release", {Code::unavailable, "connection refused"});
  EXPECT_DONE(volumes().unmount("notes", "m1"));
  auto again = mount("notes", "m1");
  ASSERT_FALSE(again);
  EXPECT_EQ(coordinator.claims().size(), 1u);
  coordinator.heal();
  EXPECT_TRUE(mount("notes", "m1"));
  EXPECT_EQ(coordinator.mounts("notes"), std::set<std::string>{"m1"});
}

TEST_F(MountTest, ANameThatWasGivenAgainIsMountedAsTheNewVolume) {
  auto former = coordinator.add("notes");
  start();
  ASSERT_OK(path, mount("notes", "m0"));
  EXPECT_DONE(volumes().unmount("notes", "m0"));
  coordinator.hang("feed");  // this node does not hear of it
  coordinator.take_away("notes");
  auto latter = coordinator.add("notes");
  ASSERT_NE(former.id, latter.id);
  ASSERT_OK(mounted, mount("notes", "m1"));
  EXPECT_EQ(mounted, scratch / "mounts/" + latter.id + "/m1");
  EXPECT_EQ(coordinator.mounts("notes"), std::set<std::string>{"m1"});
  coordinator.heal();
  EXPECT_DONE(volumes().unmount("notes", "m1"));
  EXPECT_TRUE(eventually([&] { return coordinator.mount_count() == 0 && at_rest(); }));
}

TEST_F(MountTest, AnAnswerForAnotherVolumeIsNotFollowed) {
  coordinator.add("notes");
  coordinator.lie([](MountAnswer& answer) { answer.volume.id = "../../etc"; });
  start();
  auto path = mount("notes", "m1");
  ASSERT_FALSE(path);
  EXPECT_NE(path.error().message.find("another volume"), std::string::npos);
  EXPECT_TRUE(eventually([&] { return coordinator.mount_count() == 0 && at_rest(); }));
  EXPECT_EQ(calls(Call::stage), 0u);
}

TEST_F(MountTest, AnUnknownDriverIsOneSentence) {
  coordinator.add("notes");
  coordinator.driver = "tape";
  start();
  auto path = mount("notes", "m1");
  ASSERT_FALSE(path);
  EXPECT_NE(path.error().message.find("tape"), std::string::npos);
  EXPECT_TRUE(eventually([&] { return coordinator.mount_count() == 0 && at_rest(); }));
}

TEST_F(MountTest, StagedUnderAnEpochThatPassedIsStagedAnew) {
  coordinator.add("notes");
  start();
  ASSERT_OK(first, mount("notes", "m1"));
  coordinator.lie([](MountAnswer& answer) { answer.epoch.number += 5; });
  auto second = mount("notes", "m2");
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("before another node held it"), std::string::npos) << second.error().message;
  EXPECT_TRUE(files::exists(first));
}

TEST_F(MountTest, AVolumeThatIsDoneWithIsForgotten) {
  limits.reconcile = milliseconds(100);
  auto former = coordinator.add("notes");
  start();
  ASSERT_OK(path, mount("notes", "m1"));
  EXPECT_DONE(volumes().unmount("notes", "m1"));
  EXPECT_DONE(volumes().remove("notes", "me"));
  std::this_thread::sleep_for(milliseconds(1300));
  coordinator.add("notes");
  ASSERT_OK(again, mount("notes", "m1"));
  EXPECT_EQ(volumes().mountpoint("notes"), again);
  EXPECT_NE(again, path);
}

TEST_F(MountTest, AMountIdThatIsNoFileNameIsRefused) {
  coordinator.add("notes");
  start();
  for (const auto* id : {"../x", "a/b", "", "stage", ".hidden"}) EXPECT_FALSE(mount("notes", id)) << id;
  EXPECT_FALSE(mount("notes", std::string(129, 'a')));
}

TEST_F(MountTest, AFullDiskUnderTheJournalRefusesTheMount) {
  auto volume = coordinator.add("notes");
  start();
  // A directory where the file should be: no write succeeds.
  ASSERT_TRUE(files::make_directories(scratch / "state/journal/" + volume.id + ".json/x"));
  ASSERT_FALSE(mount("notes", "m1"));
  EXPECT_TRUE(coordinator.claims().empty());
}

TEST_F(MountTest, RemoveTellsTheReleaseFirst) {
  coordinator.add("notes");
  start();
  ASSERT_OK(path, mount("notes", "m1"));
  EXPECT_DONE(volumes().unmount("notes", "m1"));
  EXPECT_DONE(volumes().remove("notes", "docker on node n1"));
  EXPECT_EQ(coordinator.removed_by(), "docker on node n1");
  EXPECT_FALSE(volumes().find("notes"));
}

}  // namespace
}  // namespace polly::test
