// Unmount on one node, and what the next Mount or Remove owes to it.
#include <thread>

#include "tests/plugin/doubles/node_fixture.h"

namespace polly::test {
namespace {

using drivers::memory::Call;
using drivers::memory::When;
using std::chrono::milliseconds;
using std::chrono::seconds;

class UnmountTest : public ImpatientNodeTest {};

TEST_F(UnmountTest, AWaitingMountDoesNotBlockTheUnmountItWaitsFor) {
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

TEST_F(UnmountTest, UnmountNeedsNoCoordinatorAndTellsItLater) {
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

TEST_F(UnmountTest, AnUnmountThatOvertakesItsMountUndoesIt) {
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

TEST_F(UnmountTest, AnUnmountOfWhatIsNotMountedIsDone) {
  coordinator.add("notes");
  start();
  EXPECT_DONE(volumes().unmount("notes", "m1"));
  EXPECT_DONE(volumes().unmount("unknown", "m1"));
}

TEST_F(UnmountTest, ABusyDeviceIsAnsweredAndReleasedOnlyWhenItIsGone) {
  coordinator.add("notes");
  limits.unmount = milliseconds(300);
  start();
  ASSERT_OK(path, mount("notes", "m1"));
  platform().fail_next(Call::unstage, Code::busy, When::before, 8);
  Stopwatch watch;
  EXPECT_DONE(volumes().unmount("notes", "m1"));
  EXPECT_LT(watch.elapsed(), seconds(1));
  EXPECT_EQ(coordinator.mount_count(), 1u);
  EXPECT_EQ(node().findings().all()["volume notes"].size(), 1u);
  EXPECT_TRUE(eventually([&] { return coordinator.mount_count() == 0 && at_rest(); }));
  EXPECT_EQ(calls(Call::unstage), 9u);
  EXPECT_TRUE(node().findings().all()["volume notes"].empty());
}

TEST_F(UnmountTest, AReleaseThatIsToldLateTouchesNoMountThatCameSinceUnderTheSameId) {
  coordinator.add("notes");
  start();
  ASSERT_OK(first, mount("notes", "m1"));
  coordinator.fail_with("release", {Code::unavailable, "connection refused"});
  EXPECT_DONE(volumes().unmount("notes", "m1"));
  ASSERT_OK(again, mount("notes", "m1"));
  EXPECT_EQ(coordinator.mount_count(), 2u);
  coordinator.heal();
  EXPECT_TRUE(eventually([&] { return coordinator.mount_count() == 1; }));
  EXPECT_EQ(volumes().mountpoint("notes"), again);
  EXPECT_DONE(volumes().unmount("notes", "m1"));
  EXPECT_TRUE(eventually([&] { return coordinator.mount_count() == 0 && at_rest(); }));
}

TEST_F(UnmountTest, AVolumeThatIsDoneWithIsForgotten) {
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

TEST_F(UnmountTest, RemoveTellsTheReleaseFirst) {
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
