// The session: opened, kept, resumed, opened anew; against the coordinator double behind its API.
#include "plugin/guard/holder.h"

#include <thread>

#include "base/credentials.h"
#include "plugin/guard/session_file.h"
#include "plugin/guard/session_server.h"
#include "plugin/node/session.h"
#include "tests/base/tls_fixture.h"
#include "tests/plugin/doubles/coordinator_server.h"
#include "tests/plugin/doubles/scratch.h"

namespace polly::guard {
namespace {

using test::eventually;
using test::Scratch;

class HolderTest : public ::testing::Test {
 protected:
  HolderTest() { coordinator_.set_grant_session_ttl(400, 50); }

  std::unique_ptr<Holder> hold(const std::string& boot = "boot-1") { return hold_by({server_.endpoint()}, {}, boot); }
  std::unique_ptr<Holder> hold_by(const std::vector<http::Endpoint>& endpoints, const tls::ClientSource& tls,
                                  const std::string& boot = "boot-1") {
    return std::make_unique<Holder>(Holder::Options{"n1", boot, scratch_ / "run", "0.1"}, SessionCalls(endpoints, tls),
                                    system_clock());
  }
  static bool live(const Holder& holder) { return holder.state().live; }

  Scratch scratch_;
  test::CoordinatorDouble coordinator_;
  test::CoordinatorServer server_{coordinator_, scratch_ / "coordinator.sock"};
};

TEST_F(HolderTest, OpensASessionAndSendsHeartbeats) {
  auto holder = hold();
  ASSERT_TRUE(eventually([&] { return live(*holder); }));
  EXPECT_TRUE(eventually([&] { return coordinator_.count("heartbeat") >= 3; }));
  auto state = holder->state();
  EXPECT_EQ(state.node, "n1");
  EXPECT_EQ(state.session, "s1");
  EXPECT_EQ(state.boot_id, "boot-1");
  EXPECT_EQ(state.ttl_ms, 400);
}

// The guard starts before anybody has let the node join.
TEST_F(HolderTest, ACertificateThatComesLaterOpensTheSession) {
  const http::Ca ca;
  test::CoordinatorServer network(coordinator_,
                                  tls::Server::create({.identity = ca.server(),
                                                       .client_certificate = tls::ClientCertificate::required,
                                                       .client_ca = ca.certificate})
                                      .value());
  auto credentials = std::make_shared<tls::Credentials>(
      tls::Credentials::Options{scratch_ / "tls", "coordinator.example", "join first"});
  auto holder = hold_by({network.endpoint()}, tls::source_of(credentials));
  const auto key = tls::ensure_key(scratch_ / "tls").value();
  EXPECT_FALSE(live(*holder));
  auto wanted = http::terms("n1");
  wanted.use = x509::Use::client;
  const auto request = x509::make_request(key, {"n1"}).value();
  EXPECT_DONE(tls::keep(scratch_ / "tls", x509::sign(ca.certificate, ca.key, request, wanted).value(), ca.certificate));
  EXPECT_TRUE(eventually([&] { return live(*holder); }));
}

TEST_F(HolderTest, ARestartOfTheSameBootResumes) {
  auto holder = hold();
  ASSERT_TRUE(eventually([&] { return live(*holder); }));
  holder = hold();
  ASSERT_TRUE(eventually([&] { return live(*holder); }));
  EXPECT_EQ(holder->state().session, "s1");
  EXPECT_EQ(coordinator_.opened().back().resume, "s1");
}

TEST_F(HolderTest, AnotherBootDoesNot) {
  auto holder = hold();
  ASSERT_TRUE(eventually([&] { return live(*holder); }));
  holder = hold("boot-2");
  ASSERT_TRUE(eventually([&] { return live(*holder); }));
  EXPECT_EQ(holder->state().session, "s2");
  EXPECT_EQ(coordinator_.opened().back().resume, "");
}

TEST_F(HolderTest, ALostSessionIsOpenedAnew) {
  auto holder = hold();
  ASSERT_TRUE(eventually([&] { return live(*holder); }));
  coordinator_.set_session("taken over");
  EXPECT_TRUE(eventually([&] { return live(*holder) && holder->state().session != "s1"; }));
  EXPECT_EQ(load_session(scratch_ / "run")->session, holder->state().session);
}

TEST_F(HolderTest, WhileTheCoordinatorIsAwayTheSessionAgesAndThenGoesOn) {
  auto holder = hold();
  ASSERT_TRUE(eventually([&] { return live(*holder); }));
  coordinator_.go_away();
  ASSERT_TRUE(eventually([&] { return !live(*holder); }));
  EXPECT_EQ(holder->state().session, "s1");
  EXPECT_GE(holder->state().since_heartbeat_ms, 400);
  coordinator_.heal();
  EXPECT_TRUE(eventually([&] { return live(*holder); }));
  EXPECT_EQ(holder->state().session, "s1");
}

TEST_F(HolderTest, StartsBeforeTheCoordinator) {
  server_.stop();
  auto holder = hold();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(holder->state().session, "");
  EXPECT_EQ(holder->state().since_heartbeat_ms, -1);
  server_.start();
  EXPECT_TRUE(eventually([&] { return live(*holder); }));
}

TEST_F(HolderTest, AnAnswerThatIsNoSessionIsNotTaken) {
  coordinator_.set_grant_session_ttl(0, 0);
  auto holder = hold();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(holder->state().session, "");
}

TEST_F(HolderTest, ThePluginAsksTheGuardAndGoesOnWithoutIt) {
  auto holder = hold();
  ASSERT_TRUE(eventually([&] { return live(*holder); }));
  auto server = serve_session(scratch_ / "run/guard.sock", *holder);
  ASSERT_TRUE(server) << server.error().message;
  node::GuardSessions sessions(scratch_ / "run/guard.sock", scratch_ / "run");
  ASSERT_OK(session, sessions.current());
  EXPECT_EQ(session, "s1");
  server->reset();
  sessions.doubt();
  ASSERT_OK(known, sessions.current());
  EXPECT_EQ(known, "s1");
}

TEST_F(HolderTest, APluginThatNeverSawTheGuardReadsTheFileOfThisBoot) {
  auto boot = boot_id();
  ASSERT_TRUE(boot);
  node::GuardSessions sessions(scratch_ / "guard.sock", scratch_ / "run");
  auto none = sessions.current();
  ASSERT_FALSE(none);
  EXPECT_NE(none.error().message.find("polly-guard"), std::string::npos);
  ASSERT_TRUE(save_session(scratch_ / "run", {"n1", "another boot", "s7"}));
  EXPECT_FALSE(sessions.current());
  ASSERT_TRUE(save_session(scratch_ / "run", {"n1", *boot, "s8"}));
  ASSERT_OK(session, sessions.current());
  EXPECT_EQ(session, "s8");
}

}  // namespace
}  // namespace polly::guard
