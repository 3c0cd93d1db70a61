#include "tests/swarm/fixture.h"

namespace polly::swarm {
namespace {

class SessionsTest : public CoordinatorTest {};

TEST_F(SessionsTest, ASessionLivesAsLongAsItIsHeardOf) {
  auto session = join("node1").session;
  clock.advance(settings.session_ttl);
  EXPECT_TRUE(sessions.check("node1", session));
  ASSERT_TRUE(sessions.heartbeat("node1", session));
  clock.advance(settings.session_ttl);
  EXPECT_TRUE(sessions.check("node1", session));
  clock.advance(Millis(1));
  EXPECT_EQ(sessions.check("node1", session).error().code, Code::unavailable);
  ASSERT_TRUE(sessions.heartbeat("node1", session));
  EXPECT_TRUE(sessions.check("node1", session)) << "silence alone ends no session";
}

TEST_F(SessionsTest, AGuardThatComesBackResumesItsSession) {
  auto first = join("node1");
  auto second = sessions.open({"node1", "boot1", first.session, "1"}, "");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->session, first.session);
}

TEST_F(SessionsTest, AGuardThatForgotItsSessionGetsANewOneAndTheOldOneEnds) {
  auto first = join("node1");
  auto second = join("node1");
  EXPECT_NE(second.session, first.session);
  EXPECT_EQ(sessions.heartbeat("node1", first.session).error().code, Code::conflict);
}

TEST_F(SessionsTest, ASecondLiveMachineOfTheSameNameIsRefused) {
  join("node1", "boot1");
  EXPECT_REFUSED(sessions.open({"node1", "boot2", "", "1"}, ""), Code::busy, "under another boot");
  clock.advance(settings.session_ttl + Millis(1));
  EXPECT_TRUE(sessions.open({"node1", "boot2", "", "1"}, ""));
}

TEST_F(SessionsTest, ASessionTellsItsBoot) {
  auto session = join("node1", "boot1").session;
  EXPECT_TRUE(of_boot(session, "boot1"));
  EXPECT_FALSE(of_boot(session, "boot2"));
  EXPECT_FALSE(of_boot(session, "boot"));
}

TEST_F(SessionsTest, ANodeIsBoundToOneSwarmNode) {
  auto session = join("node1").session;
  auto other = join("node2").session;
  ASSERT_TRUE(sessions.report_engine("node1", session, {"swarm1", "20.10", "1"}, false));
  EXPECT_REFUSED(sessions.report_engine("node1", session, {"swarm9", "20.10", "1"}, false), Code::refused,
                 "bound to Swarm node swarm1");
  EXPECT_REFUSED(sessions.report_engine("node2", other, {"swarm1", "20.10", "1"}, false), Code::refused,
                 "bound to node 'node1' already");
  EXPECT_TRUE(sessions.report_engine("node1", session, {"swarm9", "20.10", "1"}, true)) << "the old one left the swarm";
  EXPECT_EQ(state.node("node1")->value.swarm_node_id, "swarm9");
}

TEST_F(SessionsTest, OutsideASwarmABoundNodeStaysBound) {
  auto session = join("node1").session;
  ASSERT_TRUE(sessions.report_engine("node1", session, {"swarm1", "20.10", "1"}, false));
  ASSERT_TRUE(sessions.report_engine("node1", session, {"", "20.10", "1"}, false));
  EXPECT_EQ(state.node("node1")->value.swarm_node_id, "swarm1");
}

TEST_F(SessionsTest, ANodeWithABadNameOrWithoutABootIsNotLetIn) {
  EXPECT_EQ(sessions.open({"../etc", "boot1", "", "1"}, "").error().code, Code::invalid);
  EXPECT_EQ(sessions.open({"node1", "", "", "1"}, "").error().code, Code::invalid);
}

}  // namespace
}  // namespace polly::swarm
