// What a node says it holds, and when it says it, against what is on record.
#include <thread>

#include "tests/swarm/fixture.h"

namespace polly::swarm {
namespace {

class MountInventory : public CoordinatorTest {
 protected:
  MountInventory() {
    join("node1");
    join("node2");
    EXPECT_TRUE(create("data"));
    grant("data", "swarm/*");
    EXPECT_TRUE(mount("data", "db", "node1"));
  }
  Inventory inventory(std::vector<std::string> mounts = {}, bool unexplained = false) {
    Inventory taken{"node1", session_of("node1"), 1, {}};
    if (!mounts.empty() || unexplained) taken.held.push_back({get("data").id, {1, 1}, std::move(mounts), unexplained});
    return taken;
  }
  size_t mounts() { return get("data").attachments.empty() ? 0 : get("data").attachments[0].mounts.size(); }
};

TEST_F(MountInventory, WhatANodeDoesNotHaveAnyMoreIsReleased) {
  ASSERT_TRUE(mount("data", "web", "node1"));
  auto taken = inventory({mount_id("web", "node1")});
  auto released = release_gone(context, journal, "node1", &taken, *state.volumes());
  EXPECT_EQ(released, std::vector{mount_id("db", "node1")});
  EXPECT_EQ(mounts(), 1u);
}

TEST_F(MountInventory, WhatANodeHasAndCannotExplainStaysItsOwn) {
  auto taken = inventory({}, true);
  EXPECT_TRUE(release_gone(context, journal, "node1", &taken, *state.volumes()).empty());
  EXPECT_EQ(mounts(), 1u);
}

TEST_F(MountInventory, WhatWasRecordedSinceItCameStays) {
  auto taken = inventory({mount_id("db", "node1")});
  auto as_it_was = *state.volumes();
  ASSERT_TRUE(mount("data", "web", "node1"));
  EXPECT_TRUE(release_gone(context, journal, "node1", &taken, as_it_was).empty());
  EXPECT_EQ(mounts(), 2u);
}

TEST_F(MountInventory, AnOlderOneThatComesLateIsNotListenedTo) {
  auto older = inventory();
  auto newer = inventory();
  newer.taken = 2;
  EXPECT_TRUE(sessions.admit_inventory(newer));
  EXPECT_EQ(sessions.admit_inventory(older).error().code, Code::conflict);
  EXPECT_TRUE(sessions.admit_inventory(newer)) << "sent again";
}

TEST_F(MountInventory, OneOfAFormerSessionReleasesNothing) {
  auto taken = inventory();
  clock.advance(settings.session_ttl + Millis(1));
  taken.session = "boot1.gone";
  EXPECT_TRUE(release_gone(context, journal, "node1", &taken, *state.volumes()).empty());
  EXPECT_EQ(mounts(), 1u);
}

// A claim of the boot before waits while the node comes up anew, and the new boot's claim wins.
TEST_F(MountInventory, AClaimOfAFormerBootTakesNothingFromThePresentOne) {
  MountClaim old = claim_of("data", "web", "node2", 20'000);
  scheduler->states["db.1"] = Wanted::leaving;
  std::thread waiting([&] { EXPECT_FALSE(policy.mount(old)); });
  std::this_thread::sleep_for(Millis(200));
  clock.advance(settings.session_ttl + Millis(1));
  join("node2", "boot2");
  ASSERT_TRUE(sessions.heartbeat("node1", session_of("node1")));
  ASSERT_TRUE(release("data", "db", "node1"));
  waiting.join();
  auto answer = mount("data", "api", "node2");
  ASSERT_TRUE(answer) << answer.error().message;
  release_gone(context, journal, "node2", nullptr, *state.volumes());
  EXPECT_EQ(mounts(), 1u);
}

}  // namespace
}  // namespace polly::swarm
