#include "swarm/operations/forced_release.h"

#include <algorithm>

#include "tests/swarm/fixture.h"

namespace polly::swarm {
namespace {

class Forced : public CoordinatorTest {
 protected:
  Forced() {
    join("node1");
    join("node2");
    EXPECT_TRUE(create("data", "open"));
    EXPECT_TRUE(mount("data", "db", "node1"));
  }
  void silence_node1() {
    clock.advance(settings.session_ttl + Millis(1));
    ASSERT_TRUE(sessions.heartbeat("node2", session_of("node2")));
  }
  Result<Volume> force(const std::string& node = "", bool force = true) {
    return release_by_force(context, journal, sessions, {"data", node, force, "ann"});
  }
};

TEST_F(Forced, ANodeThatAnswersIsRefused) {
  EXPECT_REFUSED(force(), Code::refused, "cannot release volume 'data': node 'node1' answers");
  EXPECT_EQ(get("data").attachments.size(), 1u);
}

TEST_F(Forced, WithoutForceItSaysWhatWouldBreakAndDoesNothing) {
  silence_node1();
  auto before = session_of("node1");
  EXPECT_REFUSED(force("", false), Code::refused, "may still be writing, for swarm/db (container c-db)");
  EXPECT_EQ(get("data").attachments.size(), 1u);
  EXPECT_EQ(session_of("node1"), before);
}

TEST_F(Forced, TheVolumeOfASilentNodeGoesToTheNextWithTheNextEpoch) {
  silence_node1();
  EXPECT_REFUSED(mount("data", "db", "node2"), Code::refused, "does not answer");
  auto released = force();
  ASSERT_TRUE(released) << released.error().message;
  EXPECT_TRUE(released->attachments.empty());
  auto answer = mount("data", "db", "node2");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->epoch.number, 2u);
  auto events = state.events("volume data", 100, now(context));
  ASSERT_TRUE(events);
  EXPECT_TRUE(std::ranges::any_of(*events, [](const Event& event) {
    return event.kind == "volume.forced" && event.by == "ann" && event.text.find("node1") != std::string::npos;
  }));
}

TEST_F(Forced, ANodeThatComesBackMustOpenANewSessionAndHoldsItNoMore) {
  auto old = session_of("node1");
  silence_node1();
  ASSERT_TRUE(force());
  EXPECT_EQ(sessions.heartbeat("node1", old).error().code, Code::conflict);
  auto again = sessions.open({"node1", "boot1", old, "1"}, "");
  ASSERT_TRUE(again);
  EXPECT_NE(again->session, old);
  EXPECT_TRUE(sessions.heartbeat("node1", again->session));
  EXPECT_TRUE(get("data").attachments.empty());
}

TEST_F(Forced, AMountThatWasForcedOffIsNotRecordedAgain) {
  silence_node1();
  ASSERT_TRUE(force());
  EXPECT_TRUE(*state.is_released(mount_id("db", "node1")));
}

TEST_F(Forced, MoreMountsThanFitIntoACommitAllGo) {
  for (int n = 2; n <= 130; ++n) ASSERT_TRUE(mount("data", "db", "node1", 0, n));
  silence_node1();
  auto released = force();
  ASSERT_TRUE(released) << released.error().message;
  EXPECT_TRUE(released->attachments.empty());
  EXPECT_TRUE(*state.is_released(mount_id("db", "node1", 130)));
}

TEST_F(Forced, WhatTheNodeMountsWhenItIsBackIsNotTaken) {
  silence_node1();
  // Its new session comes in between: the commit that ends the old one is the last of the first attempt.
  faulty.fail_commit(2, Code::unavailable, store::FaultyStore::When::before);
  EXPECT_FALSE(force());
  join("node1");
  EXPECT_REFUSED(force(), Code::refused, "node 'node1' answers");
  EXPECT_EQ(get("data").attachments.size(), 1u);
}

TEST_F(Forced, WhatElseTheNodeHoldsStaysItsOwn) {
  ASSERT_TRUE(create("other", "open"));
  ASSERT_TRUE(mount("other", "web", "node1"));
  silence_node1();
  ASSERT_TRUE(force());
  ASSERT_TRUE(sessions.open({"node1", "boot1", "", "1"}, ""));
  EXPECT_REFUSED(mount("other", "web", "node2"), Code::refused, "held by swarm/web on node 'node1'");
}

TEST_F(Forced, AHeartbeatThatComesFirstSavesTheSession) {
  silence_node1();
  ASSERT_TRUE(sessions.heartbeat("node1", session_of("node1")));
  EXPECT_EQ(sessions.end_silent("node1", "ann").error().code, Code::busy);
  EXPECT_TRUE(sessions.check("node1", session_of("node1")));
}

TEST_F(Forced, AnEndThatWasNotWrittenLeavesTheSession) {
  silence_node1();
  faulty.fail_commit(1, Code::unavailable, store::FaultyStore::When::before);
  EXPECT_FALSE(force());
  EXPECT_TRUE(sessions.heartbeat("node1", session_of("node1")));
}

TEST_F(Forced, AnEndThatMayHaveBeenWrittenIsNotTakenBack) {
  auto old = session_of("node1");
  silence_node1();
  faulty.fail_commit(1, Code::unknown_outcome, store::FaultyStore::When::before);
  EXPECT_EQ(force().error().code, Code::unknown_outcome);
  EXPECT_EQ(sessions.heartbeat("node1", old).error().code, Code::conflict);
  auto again = sessions.open({"node1", "boot1", old, "1"}, "");
  ASSERT_TRUE(again);
  EXPECT_NE(again->session, old);
}

TEST_F(Forced, OneOfSeveralHoldersMustBeNamed) {
  EXPECT_REFUSED(force("node2"), Code::not_found, "node 'node2' does not hold it");
  EXPECT_EQ(release_by_force(context, journal, sessions, {"nothing", "", true, "ann"}).error().code, Code::not_found);
  ASSERT_TRUE(release("data", "db", "node1"));
  EXPECT_REFUSED(force(), Code::not_found, "no node holds it");
}

}  // namespace
}  // namespace polly::swarm
