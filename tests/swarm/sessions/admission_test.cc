// Tokens, certificates, and what a revoked one is worth.
#include "swarm/sessions/admission.h"

#include <sys/stat.h>

#include <thread>

#include "base/digest.h"
#include "base/files.h"
#include "swarm/store/sqlite.h"
#include "tests/base/scratch.h"
#include "tests/swarm/fixture.h"

namespace polly::swarm {
namespace {

using std::chrono::hours;

mode_t mode_of(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
}

class AuthorityTest : public testing::Test {
 protected:
  AuthorityTest() { settings.state = scratch / "state"; }
  Authority open(Millis now = system_clock().wall()) {
    auto authority = Authority::open(settings, now);
    EXPECT_TRUE(authority) << authority.error().message;
    return *std::move(authority);
  }
  std::string file(const std::string& name) { return scratch / ("state/" + name); }

  Scratch scratch;
  CoordinatorSettings settings;
};

TEST_F(AuthorityTest, IsMadeOnceAndKeepsItsKeysToItself) {
  auto made = open();
  EXPECT_TRUE(made.certificate().is_ca);
  for (const char* key : {"ca/key.pem", "server/key.pem"}) EXPECT_EQ(mode_of(file(key)), 0600u) << key;
  for (const char* directory : {"ca", "server"}) EXPECT_EQ(mode_of(file(directory)), 0700u) << directory;
  auto again = open();
  EXPECT_EQ(again.certificate().fingerprint, made.certificate().fingerprint);
  EXPECT_EQ(again.server_settings().identity.certificate, made.server_settings().identity.certificate);
}

TEST_F(AuthorityTest, GoesOnWithAKeyThatACrashLeftWithoutItsCertificate) {
  ASSERT_TRUE(tls::ensure_key(file("ca")));
  auto key = files::read(file("ca/key.pem"));
  open();
  EXPECT_EQ(files::read(file("ca/key.pem")).value(), *key);
  ASSERT_TRUE(files::remove(file("server/certificate.pem")));
  open();
  EXPECT_TRUE(files::exists(file("server/certificate.pem")));
}

TEST_F(AuthorityTest, IsNotReplacedWhenItCannotBeUsed) {
  auto before = open().certificate().fingerprint;
  ASSERT_TRUE(files::remove(file("ca/key.pem")));
  auto without = Authority::open(settings, system_clock().wall());
  ASSERT_FALSE(without);
  EXPECT_NE(without.error().message.find("restore it"), std::string::npos) << without.error().message;
  EXPECT_EQ(x509::read(files::read(file("ca/certificate.pem")).value())->fingerprint, before);
}

TEST_F(AuthorityTest, ShowsANewCertificateWhenTheAddressChangesOrItsTimeRunsOut) {
  auto serial = [](const Authority& authority) {
    return x509::read(authority.server_settings().identity.certificate)->serial;
  };
  auto first = serial(open());
  settings.listen = "10.0.0.1:7979";
  auto second = open();
  EXPECT_NE(serial(second), first);
  auto shown = x509::read(second.server_settings().identity.certificate);
  EXPECT_EQ(shown->ips.back(), "10.0.0.1");
  EXPECT_EQ(shown->dns.front(), coordinator_host);
  auto later = open(system_clock().wall() + hours(24 * 365 * 9 + 48));
  EXPECT_NE(serial(later), serial(second));
}

TEST_F(AuthorityTest, GivesNodesCertificatesThatServeNoServer) {
  auto authority = open();
  auto key = x509::make_key().value();
  auto made =
      authority.certify_node("node1", x509::make_request(key, {"coordinator", "x"}).value(), system_clock().wall());
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(x509::read(*made)->common_name, "node1");
  EXPECT_EQ(x509::read(*made)->organization, node_role);
  EXPECT_TRUE(x509::verify(*made, authority.pem(), x509::Use::client, system_clock().wall()));
  EXPECT_FALSE(x509::verify(*made, authority.pem(), x509::Use::server, system_clock().wall()));
}

class AdmissionTest : public CoordinatorTest {
 protected:
  AdmissionTest() { settings.state = scratch.path(); }

  std::string token(TokenWishes wishes = {}) {
    auto made = admission.make_token(wishes, "ann");
    EXPECT_TRUE(made) << made.error().message;
    return made ? JoinToken::parse(made->text)->secret : "";
  }
  JoinRequest request(const std::string& node, const std::string& secret, const std::string& key) {
    return {node, secret, x509::make_request(key, {node}).value()};
  }
  Result<JoinAnswer> join_by(const std::string& node, const std::string& secret,
                             const std::string& key = x509::make_key().value()) {
    return admission.join(request(node, secret, key), "10.0.0.9:1");
  }
  // Joins, and answers the serial.
  std::string certified(const std::string& node) {
    auto joined = join_by(node, token());
    EXPECT_TRUE(joined) << joined.error().message;
    return joined ? x509::read(joined->certificate)->serial : "";
  }

  Scratch scratch;
  Authority authority = Authority::open(settings, clock.wall()).value();
  Admission admission{context, authority};
};

TEST_F(AdmissionTest, ATokenGivesACertificateForTheNameItIsAskedWith) {
  auto answer = join_by("node1", token());
  ASSERT_TRUE(answer) << answer.error().message;
  auto certificate = x509::read(answer->certificate);
  EXPECT_EQ(certificate->common_name, "node1");
  EXPECT_EQ(x509::read(answer->ca)->fingerprint, authority.certificate().fingerprint);
  EXPECT_TRUE(admission.check("node1", certificate->serial));
}

TEST_F(AdmissionTest, TheSecretStandsNowhere) {
  auto secret = token();
  ASSERT_TRUE(join_by("node1", secret));
  auto page = memory->list("", "", 1000);
  for (const auto& record : page->records) {
    EXPECT_EQ(record.key.find(secret), std::string::npos);
    EXPECT_EQ(record.value.find(secret), std::string::npos);
  }
  EXPECT_TRUE(*state.find_token(sha256(secret)));
}

TEST_F(AdmissionTest, ATokenServesOneNodeUnlessMoreWereAskedFor) {
  auto secret = token();
  ASSERT_TRUE(join_by("node1", secret));
  EXPECT_REFUSED(join_by("node2", secret), Code::unauthenticated, "used up");
  auto several = token({"", 2});
  EXPECT_TRUE(join_by("node3", several));
  EXPECT_TRUE(join_by("node4", several));
  EXPECT_REFUSED(join_by("node5", several), Code::unauthenticated, "used up");
}

TEST_F(AdmissionTest, ATokenEndsWhenItsTimeOrAnOperatorSaysSo) {
  auto expiring = token({"", 1, 60'000});
  clock.advance(Millis(60'000));
  EXPECT_REFUSED(join_by("node1", expiring), Code::unauthenticated, "expired");
  auto revoked = token();
  ASSERT_TRUE(admission.revoke_token(sha256(revoked).substr(0, 12), "ann"));
  EXPECT_REFUSED(join_by("node1", revoked), Code::unauthenticated, "not known here");
  EXPECT_REFUSED(join_by("node1", std::string(32, '0')), Code::unauthenticated, "not known here");
  EXPECT_EQ(admission.revoke_token("0123456789ab", "ann").error().code, Code::not_found);
  EXPECT_TRUE(state.certificates()->empty());
}

TEST_F(AdmissionTest, ExpiredTokensAreForgottenAfterADay) {
  auto secret = token({"", 1, 1'000});
  clock.advance(hours(23));
  EXPECT_TRUE(state.stale_keys(now(context), 10)->empty());
  clock.advance(hours(2));
  EXPECT_EQ(*state.stale_keys(now(context), 10), std::vector<std::string>{"token/" + sha256(secret)});
}

TEST_F(AdmissionTest, ATokenForOneNodeServesNoOther) {
  auto secret = token({"node1"});
  EXPECT_REFUSED(join_by("node2", secret), Code::refused, "node 'node1' alone");
  EXPECT_TRUE(join_by("node1", secret));
}

// A lost answer, or a crash before the certificate was on the node's disk.
TEST_F(AdmissionTest, TheSameKeyGetsItsCertificateAgainAlsoFromAUsedToken) {
  auto secret = token();
  auto key = x509::make_key().value();
  auto first = join_by("node1", secret, key);
  auto second = join_by("node1", secret, key);
  ASSERT_TRUE(first && second);
  EXPECT_REFUSED(admission.check("node1", x509::read(first->certificate)->serial), Code::unauthenticated,
                 "not the one on record");
  EXPECT_TRUE(admission.check("node1", x509::read(second->certificate)->serial));
  EXPECT_EQ(admission.tokens()->front().used, 1u);
}

TEST_F(AdmissionTest, ANameWithALivingCertificateIsNoOtherKeys) {
  certified("node1");
  EXPECT_REFUSED(join_by("node1", token()), Code::refused, "polly node revoke node1");
  ASSERT_TRUE(admission.revoke("node1", "ann"));
  EXPECT_TRUE(join_by("node1", token()));
}

TEST_F(AdmissionTest, ACertificateThatHasExpiredFreesItsName) {
  auto serial = certified("node1");
  clock.advance(hours(24 * 365 * 10 + 1));
  EXPECT_REFUSED(admission.check("node1", serial), Code::unauthenticated, "expired");
  EXPECT_TRUE(join_by("node1", token()));
}

TEST_F(AdmissionTest, ARevokedCertificateCountsNoMoreAndItsTokenNeither) {
  auto secret = token({"", 5});
  auto key = x509::make_key().value();
  auto joined = join_by("node1", secret, key);
  ASSERT_TRUE(joined);
  auto serial = x509::read(joined->certificate)->serial;
  auto session = join("node1");
  ASSERT_TRUE(admission.check("node1", serial));
  ASSERT_TRUE(admission.revoke("node1", "ann"));
  EXPECT_REFUSED(admission.check("node1", serial), Code::unauthenticated, "revoked");
  EXPECT_REFUSED(join_by("node1", secret, key), Code::unauthenticated, "not known here");
  EXPECT_REFUSED(join_by("other", secret), Code::unauthenticated, "not known here");
  EXPECT_EQ(sessions.heartbeat("node1", session.session).error().code, Code::conflict) << "its session has ended";
  EXPECT_TRUE(admission.revoke("node1", "ann")) << "once more is fine";
  EXPECT_REFUSED(admission.revoke("node9", "ann"), Code::not_found, "no certificate");
}

TEST_F(AdmissionTest, NobodyIsKnownByANameAlone) {
  auto serial = certified("node1");
  EXPECT_FALSE(admission.check("node2", serial));
  EXPECT_FALSE(admission.check("node1", "00"));
  EXPECT_FALSE(admission.check("", ""));
}

TEST_F(AdmissionTest, BadRequestsAreRefusedAndCostNoUse) {
  auto secret = token();
  EXPECT_EQ(admission.join({"node1", secret, "garbage"}, "").error().code, Code::invalid);
  EXPECT_EQ(join_by("../x", secret).error().code, Code::invalid);
  EXPECT_EQ(admission.tokens()->front().used, 0u);
}

TEST_F(AdmissionTest, OfManyThatComeAtOnceByOneTokenOnlyAsManyGetInAsItServes) {
  auto secret = token({"", 2});
  std::vector<std::string> keys;
  for (int i = 0; i < 6; ++i) keys.push_back(x509::make_key().value());
  std::atomic<int> in{0};
  {
    std::vector<std::jthread> nodes;
    for (int i = 0; i < 6; ++i)
      nodes.emplace_back([&, i] { in += join_by("node" + std::to_string(i), secret, keys[i]) ? 1 : 0; });
  }
  EXPECT_EQ(in, 2);
  EXPECT_EQ(state.certificates()->size(), 2u);
}

// What is on record counts, whoever wrote it: here another coordinator, or this one before it was started anew.
TEST_F(AdmissionTest, WhatAnotherCoordinatorGivesAndRevokesCountsAtOnce) {
  auto serial = certified("node1");
  Admission other(context, authority);
  EXPECT_TRUE(other.check("node1", serial));
  ASSERT_TRUE(admission.revoke("node1", "ann"));
  EXPECT_REFUSED(other.check("node1", serial), Code::unauthenticated, "revoked");
  EXPECT_TRUE(other.check("node2", certified("node2")));
}

TEST_F(AdmissionTest, ARevocationIsSeenInTheEmbeddedStoreTooAndAfterARestart) {
  std::string serial;
  {
    auto store = store::open_sqlite(scratch / "store");
    ASSERT_TRUE(store) << store.error().message;
    store::State own(**store);
    Context here{own, pools, settings, clock, 1};
    Admission first(here, authority);
    auto made = first.make_token({}, "ann");
    ASSERT_TRUE(made);
    auto joined = first.join(request("node1", JoinToken::parse(made->text)->secret, x509::make_key().value()), "");
    ASSERT_TRUE(joined) << joined.error().message;
    serial = x509::read(joined->certificate)->serial;
    EXPECT_TRUE(first.check("node1", serial));
    ASSERT_TRUE(first.revoke("node1", "ann"));
    EXPECT_FALSE(first.check("node1", serial));
  }
  auto store = store::open_sqlite(scratch / "store");
  ASSERT_TRUE(store) << store.error().message;
  store::State own(**store);
  Context here{own, pools, settings, clock, 1};
  EXPECT_REFUSED(Admission(here, authority).check("node1", serial), Code::unauthenticated, "revoked");
}

}  // namespace
}  // namespace polly::swarm
