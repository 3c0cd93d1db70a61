// What goes wrong during a Mount: each is one sentence in time, and nothing of it stays.
#include <unistd.h>

#include <thread>

#include "tests/plugin/doubles/node_fixture.h"

namespace polly::test {
namespace {

using drivers::memory::Call;
using drivers::memory::When;
using std::chrono::milliseconds;
using std::chrono::seconds;

class MountFailureTest : public ImpatientNodeTest {};

TEST_F(MountFailureTest, WhereTheMountPointsAreGoneNoneIsMadeAgain) {
  auto volume = coordinator.add("notes");
  start();
  ASSERT_EQ(::rmdir((scratch / "mounts").c_str()), 0);
  auto path = mount("notes", "m1");
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().code, Code::unavailable);
  EXPECT_NE(path.error().message.find("start the plugin anew"), std::string::npos) << path.error().message;
  EXPECT_FALSE(files::exists(scratch / "mounts"));
  EXPECT_EQ(coordinator.mount_count(), 0u);
}

TEST_F(MountFailureTest, ARefusalLeavesNothingAndNeedsNoRelease) {
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

TEST_F(MountFailureTest, WhenNobodyCanSayWhoAsksTheCoordinatorIsNotBothered) {
  coordinator.add("notes");
  start();
  auto path = volumes().mount("notes", "m1", [](const std::string&) -> Result<node::Claimants> {
    return fail(Code::refused, "cannot tell who asks");
  });
  ASSERT_FALSE(path);
  EXPECT_NE(path.error().message.find("cannot tell who asks"), std::string::npos);
  EXPECT_TRUE(coordinator.claims().empty());
}

TEST_F(MountFailureTest, AFailedStageIsUndoneAndReleased) {
  auto volume = coordinator.add("notes");
  platform().fail_next(Call::stage, Code::unavailable, When::after);
  start();
  auto path = mount("notes", "m1");
  ASSERT_FALSE(path);
  EXPECT_EQ(path.error().message.rfind("cannot mount volume 'notes': ", 0), 0u) << path.error().message;
  EXPECT_EQ(calls(Call::unstage), 1u);
  EXPECT_TRUE(eventually([&] { return coordinator.mount_count() == 0 && at_rest(); }));
}

TEST_F(MountFailureTest, AFailedPublishIsUndoneAndTheOthersStay) {
  coordinator.add("notes");
  start();
  ASSERT_OK(path, mount("notes", "m1"));
  platform().fail_next(Call::publish, Code::internal, When::after);
  ASSERT_FALSE(mount("notes", "m2"));
  EXPECT_TRUE(eventually([&] { return coordinator.mounts("notes") == std::set<std::string>{"m1"}; }));
  EXPECT_EQ(calls(Call::unstage), 0u);
  EXPECT_TRUE(files::exists(path));
}

TEST_F(MountFailureTest, AnAnswerThatIsLostIsAskedForAgain) {
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

TEST_F(MountFailureTest, AnAnswerThatNeverComesIsReleased) {
  coordinator.add("notes");
  start();
  ASSERT_OK(warm, mount("notes", "m0"));
  coordinator.lose_answer("mount");
  auto path = mount("notes", "m1");
  ASSERT_FALSE(path);
  EXPECT_TRUE(eventually([&] { return coordinator.mounts("notes") == std::set<std::string>{"m0"}; }));
}

TEST_F(MountFailureTest, ARefusalAfterAnAnswerThatWasLostIsReleasedToo) {
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

TEST_F(MountFailureTest, APlatformThatHangsIsAnsweredInTimeAndUndoneWhenItLetsGo) {
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

TEST_F(MountFailureTest, ACoordinatorThatHangsIsAnsweredInTime) {
  coordinator.add("notes");
  limits.mount = milliseconds(700);
  start();
  coordinator.hang("mount");
  Stopwatch watch;
  auto path = mount("notes", "m1");
  EXPECT_FALSE(path);
  EXPECT_LT(watch.elapsed(), milliseconds(1500));
}

TEST_F(MountFailureTest, WithoutACoordinatorAMountFailsInTimeWithOneSentence) {
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

TEST_F(MountFailureTest, WithoutAGuardAMountFailsInTimeWithOneSentence) {
  coordinator.add("notes");
  sessions.set("");
  start();
  auto path = mount("notes", "m1");
  ASSERT_FALSE(path);
  EXPECT_NE(path.error().message.find("guard"), std::string::npos);
}

TEST_F(MountFailureTest, AnAnswerForAnotherVolumeIsNotFollowed) {
  coordinator.add("notes");
  coordinator.lie([](MountAnswer& answer) { answer.volume.id = "../../etc"; });
  start();
  auto path = mount("notes", "m1");
  ASSERT_FALSE(path);
  EXPECT_NE(path.error().message.find("another volume"), std::string::npos);
  EXPECT_TRUE(eventually([&] { return coordinator.mount_count() == 0 && at_rest(); }));
  EXPECT_EQ(calls(Call::stage), 0u);
}

TEST_F(MountFailureTest, AnUnknownDriverIsOneSentence) {
  coordinator.add("notes");
  coordinator.driver = "tape";
  start();
  auto path = mount("notes", "m1");
  ASSERT_FALSE(path);
  EXPECT_NE(path.error().message.find("tape"), std::string::npos);
  EXPECT_TRUE(eventually([&] { return coordinator.mount_count() == 0 && at_rest(); }));
}

TEST_F(MountFailureTest, AFullDiskUnderTheJournalRefusesTheMount) {
  auto volume = coordinator.add("notes");
  start();
  // A directory where the file should be: no write succeeds.
  ASSERT_TRUE(files::make_directories(scratch / "state/journal/" + volume.id + ".json/x"));
  ASSERT_FALSE(mount("notes", "m1"));
  EXPECT_TRUE(coordinator.claims().empty());
}

}  // namespace
}  // namespace polly::test
