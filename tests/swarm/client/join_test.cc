// Joining, and what it leaves on disk when it goes wrong.
#include "swarm/client/join.h"

#include <sys/stat.h>

#include "base/files.h"
#include "tests/swarm/network_fixture.h"

namespace polly::swarm {
namespace {

using Join = NetworkTest;

TEST_F(Join, LeavesAKeyForItsOwnerAloneAndACertificateWithTheNodesName) {
  auto joined = join_by("node1", token());
  ASSERT_TRUE(joined) << joined.error().message;
  EXPECT_FALSE(joined->already);
  auto held = tls::read_held(directory("node1"));
  ASSERT_TRUE(held) << held.error().message;
  EXPECT_EQ(held->certificate.common_name, "node1");
  EXPECT_EQ(held->certificate.organization, node_role);
  EXPECT_EQ(held->ca, authority->pem());
  struct stat info {};
  ASSERT_EQ(::stat((directory("node1") + "/key.pem").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(Join, OnceMoreChangesNothingAndSaysSo) {
  auto first = join_by("node1", token());
  auto fresh = token();
  auto second = join_by("node1", fresh);
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(second->already);
  EXPECT_EQ(second->certificate.serial, first->certificate.serial);
  EXPECT_TRUE(join_by("node2", fresh)) << "the token was not used";
}

TEST_F(Join, AfterACrashGoesOnWithTheKeyThatIsThere) {
  auto secret = token();
  const auto key = tls::ensure_key(directory("node1")).value();
  ASSERT_TRUE(join_by("node1", secret));
  EXPECT_EQ(tls::ensure_key(directory("node1")).value(), key);
  // The coordinator has given it, and the node has lost it on the way to its disk.
  ASSERT_TRUE(files::remove(directory("node1") + "/certificate.pem"));
  auto again = join_by("node1", secret);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_FALSE(again->already);
  EXPECT_EQ(ask(*caller(directory("node1")), "GET", "/v1/version").status, 200);
}

TEST_F(Join, ANameThatLivesIsNoOtherMachines) {
  ASSERT_TRUE(join_by("node1", token()));
  EXPECT_REFUSED(join_by("node1", token(), scratch / "impostor"), Code::refused, "polly node revoke node1");
  EXPECT_FALSE(files::exists(scratch / "impostor/certificate.pem"));
  EXPECT_EQ(ask(*caller(directory("node1")), "GET", "/v1/version").status, 200);
}

TEST_F(Join, ATokenThatDoesNotCountIsToldWhy) {
  EXPECT_REFUSED(join_by("node1", token({"node2"})), Code::refused, "serves node 'node2' alone");
  auto used = token();
  ASSERT_TRUE(join_by("node3", used));
  EXPECT_REFUSED(join_by("node1", used), Code::unauthenticated, "used up");
  auto expiring = token({"", 1, 1'000});
  clock.advance(Millis(1'000));
  EXPECT_REFUSED(join_by("node1", expiring), Code::unauthenticated, "expired");
  EXPECT_FALSE(files::exists(directory("node1") + "/certificate.pem"));
  EXPECT_TRUE(join_by("node1", token())) << "with the key that is there by now";
}

// Whoever answers there does not bear the fingerprint: it must not learn the secret.
TEST_F(Join, ACoordinatorOfAnotherCaIsToldNothing) {
  auto ours = JoinToken::parse(token()).value();
  ours.ca_fingerprint = std::string(64, 'a');
  EXPECT_REFUSED(join_by("node1", ours.text()), Code::unauthenticated, "not trusted");
  EXPECT_TRUE(seen().empty()) << "it was asked";
  EXPECT_EQ(admission->tokens()->front().used, 0u);
}

TEST_F(Join, OneMachineIsOneNode) {
  ASSERT_TRUE(join_by("node1", token(), scratch / "machine"));
  EXPECT_REFUSED(join_by("node2", token(), scratch / "machine"), Code::exists, "has joined as node 'node1' already");
  ASSERT_TRUE(admission->revoke("node1", "ann"));
  EXPECT_TRUE(join_by("node2", token(), scratch / "machine"));
}

TEST_F(Join, ACertificateIsNotGivenUpForATokenOfAnotherCluster) {
  ASSERT_TRUE(join_by("node1", token()));
  auto others = JoinToken::parse(token()).value();
  others.ca_fingerprint = std::string(64, 'a');
  EXPECT_REFUSED(join_by("node1", others.text()), Code::exists, "another cluster");
  EXPECT_EQ(ask(*caller(directory("node1")), "GET", "/v1/version").status, 200);
}

TEST_F(Join, WhileTheCoordinatorIsAwayNothingIsGivenUp) {
  ASSERT_TRUE(join_by("node1", token()));
  auto fresh = token();
  stop();
  EXPECT_REFUSED(join_by("node1", fresh), Code::unavailable, "cannot join node 'node1'");
  EXPECT_REFUSED(join_by("node2", fresh), Code::unavailable, "cannot join node 'node2'");
  start();
  EXPECT_TRUE(join_by("node1", fresh)->already);
}

TEST_F(Join, AKeyThatOthersCanReadIsNotUsed) {
  ASSERT_TRUE(tls::ensure_key(directory("node1")));
  ASSERT_EQ(::chmod((directory("node1") + "/key.pem").c_str(), 0644), 0);
  EXPECT_REFUSED(join_by("node1", token()), Code::refused, "chmod 600");
}

}  // namespace
}  // namespace polly::swarm
