// Mounts whose Unmount never came are found and released; what may be in use is let be.
#include "tests/plugin/doubles/node_fixture.h"

namespace polly::test {
namespace {

using State = node::ContainerView::State;
using std::chrono::milliseconds;

class ReconcileTest : public NodeTest {
 protected:
  ReconcileTest() {
    limits.judged_after = milliseconds(0);
    limits.reconcile = milliseconds(100);
  }
  void settle_rounds() { std::this_thread::sleep_for(milliseconds(2200)); }
};

TEST_F(ReconcileTest, ADeadMountIsReleased) {
  coordinator.add("notes");
  start();
  ASSERT_OK(path, mount("notes", "m1", "c1"));
  containers.set("notes", {{"c1", State::stopped, 1}});
  EXPECT_TRUE(eventually([&] { return coordinator.mount_count() == 0 && at_rest(); }));
  EXPECT_EQ(volumes().mountpoint("notes"), "");
}

TEST_F(ReconcileTest, ALivingOneAndASilentEngineAreLetBe) {
  coordinator.add("notes");
  start();
  ASSERT_OK(path, mount("notes", "m1", "c1"));
  settle_rounds();
  containers.set("notes", {{"c1", State::alive, 1}});
  settle_rounds();
  EXPECT_EQ(coordinator.mount_count(), 1u);
  EXPECT_EQ(volumes().mountpoint("notes"), path);
}

TEST_F(ReconcileTest, AStandingMountWhoseContainerIsGoneIsReleasedAfterARestart) {
  coordinator.add("notes");
  start();
  ASSERT_OK(path, mount("notes", "m1", "c1"));
  restart();
  containers.set("notes", {});
  EXPECT_TRUE(eventually([&] { return coordinator.mount_count() == 0 && at_rest(); }));
}

TEST_F(ReconcileTest, YoungMountsAreNotJudged) {
  limits.judged_after = std::chrono::seconds(60);
  coordinator.add("notes");
  start();
  containers.set("notes", {});
  ASSERT_OK(path, mount("notes", "m1", "c1"));
  settle_rounds();
  EXPECT_EQ(coordinator.mount_count(), 1u);
}

}  // namespace
}  // namespace polly::test
