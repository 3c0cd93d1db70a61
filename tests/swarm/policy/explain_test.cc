#include "swarm/operations/grants.h"
#include "tests/swarm/fixture.h"

namespace polly::swarm {
namespace {

class Explaining : public CoordinatorTest {
 protected:
  Explaining() {
    join("node1");
    join("node2");
    EXPECT_TRUE(create("data"));
  }

  Explanation explain(const Service& service, const std::string& node, const std::string& volume = "data") {
    auto explanation = policy.explain({volume, service, node});
    EXPECT_TRUE(explanation) << explanation.error().message;
    return explanation.value_or(Explanation{});
  }

  const Service db{"swarm", "db", ""};
  const Service web{"swarm", "web", ""};
};

std::string rules_of(const Ruling& ruling) {
  std::string rules;
  for (const auto& finding : ruling.findings)
    rules += finding.rule + " " + std::string(to_string(finding.verdict)) + " ";
  return rules;
}

TEST_F(Explaining, SaysWhatTheMountWouldAndDoesNothing) {
  auto before = explain(db, "node1");
  auto refused = mount("data", "db", "node1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(before.ruling.verdict, Ruling::Verdict::refuse);
  EXPECT_NE(refused.error().message.find(before.ruling.reason()), std::string::npos) << before.ruling.reason();

  grant("data", "swarm/db");
  auto revision = state.volume("data")->revision;
  auto allowed = explain(db, "node1");
  EXPECT_EQ(allowed.ruling.verdict, Ruling::Verdict::allow);
  EXPECT_EQ(rules_of(allowed.ruling),
            "volume pass node pass identity skip grant pass access pass holder pass operation pass ");
  EXPECT_EQ(state.volume("data")->revision, revision);
  EXPECT_TRUE(get("data").attachments.empty());
  EXPECT_TRUE(mount("data", "db", "node1"));
}

TEST_F(Explaining, AHolderIsJudgedAsInAMount) {
  grant("data", "swarm/*");
  ASSERT_TRUE(mount("data", "db", "node1"));
  auto refused = explain(web, "node2").ruling;
  EXPECT_EQ(refused.verdict, Ruling::Verdict::refuse);
  EXPECT_NE(mount("data", "web", "node2").error().message.find(refused.reason()), std::string::npos);
  scheduler->states["db.1"] = Wanted::leaving;
  EXPECT_EQ(explain(web, "node2").ruling.verdict, Ruling::Verdict::wait);
  clock.advance(settings.session_ttl + Millis(1));
  ASSERT_TRUE(sessions.heartbeat("node2", session_of("node2")));
  auto silent = explain(web, "node2").ruling;
  EXPECT_NE(silent.reason().find("which does not answer"), std::string::npos) << silent.reason();
}

TEST_F(Explaining, ANodeThatIsNotThereOrSilentIsSaidSo) {
  grant("data", "swarm/db");
  EXPECT_EQ(explain(db, "node9").ruling.code, Code::not_found);
  clock.advance(settings.session_ttl + Millis(1));
  EXPECT_EQ(explain(db, "node1").ruling.code, Code::unavailable);
}

TEST_F(Explaining, AVolumeThatIsNotThereTellsWhatItWouldBe) {
  auto closed = explain(db, "node1", "new");
  EXPECT_FALSE(closed.exists);
  EXPECT_EQ(closed.ruling.code, Code::not_found);
  EXPECT_EQ(closed.default_access, DefaultAccess::closed);
  Question question{"new", db, ""};
  question.volume_class = "open";
  EXPECT_EQ(policy.explain(question)->default_access, DefaultAccess::open);
  question.volume_class = "nosuch";
  EXPECT_EQ(policy.explain(question)->ruling.reason(),
            "no class 'nosuch' is configured; name one that the coordinator has");
  question.volume = "data";
  EXPECT_NE(policy.explain(question)->ruling.findings.back().rule, "class") << "what is there is of its own class";
}

// A redeployed stack is not in its own way: Swarm ends a task before it starts the next one.
TEST_F(Explaining, WhicheverTheNodeAServiceIsNotInItsOwnWay) {
  grant("data", "swarm/*");
  ASSERT_TRUE(mount("data", "db", "node1"));
  auto own = explain(db, "").ruling;
  EXPECT_EQ(own.verdict, Ruling::Verdict::allow);
  EXPECT_EQ(own.findings[5].text, "swarm/db itself holds it on node 'node1', until its next task takes its place");
  EXPECT_EQ(explain(web, "").ruling.verdict, Ruling::Verdict::refuse);
  ASSERT_TRUE(mount("data", "web", "node1"));
  EXPECT_EQ(explain(db, "").ruling.verdict, Ruling::Verdict::refuse) << "web still holds it";
}

TEST_F(Explaining, APinIsComparedWithTheServiceOfToday) {
  ASSERT_TRUE(give_grant(context, "data", {ServicePattern{"swarm/db"}, Access::read_write, "", 0, 0, "id1"}));
  EXPECT_NE(explain(db, "node1").ruling.reason().find("pinned to another service"), std::string::npos);
  scheduler->ids["db"] = "id1";
  EXPECT_EQ(explain(db, "node1").ruling.verdict, Ruling::Verdict::allow);
}

// Its own former task may still be writing, and nobody can end it there.
TEST_F(Explaining, AServiceIsInItsOwnWayWhereItsNodeDoesNotAnswer) {
  grant("data", "swarm/db");
  ASSERT_TRUE(mount("data", "db", "node1"));
  EXPECT_EQ(explain(db, "").ruling.verdict, Ruling::Verdict::allow);
  clock.advance(settings.session_ttl + Millis(1));
  ASSERT_TRUE(sessions.heartbeat("node2", session_of("node2")));
  auto ruling = explain(db, "").ruling;
  EXPECT_EQ(ruling.verdict, Ruling::Verdict::refuse);
  EXPECT_NE(ruling.reason().find("which does not answer"), std::string::npos) << ruling.reason();
}

TEST_F(Explaining, ContainersOutsideServicesAreKnownByTheirNode) {
  grant("data", "swarm/-@node1");
  EXPECT_EQ(explain({"swarm", "-", "node1"}, "node1").ruling.verdict, Ruling::Verdict::allow);
  EXPECT_EQ(explain({"swarm", "-", "node2"}, "node2").ruling.verdict, Ruling::Verdict::refuse);
}

}  // namespace
}  // namespace polly::swarm
