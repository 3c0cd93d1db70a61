#include "base/credentials.h"

#include <sys/stat.h>

#include "base/files.h"
#include "tests/base/scratch.h"
#include "tests/base/tls_fixture.h"

namespace polly::tls {
namespace {

using http::Ca;
using http::sure;
using http::terms;

mode_t mode_of(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 07777 : 0;
}

// A machine that asks for its certificate and keeps it.
void certify(const std::string& directory, const Ca& ca, const std::string& name = "node-1") {
  const std::string key = sure(ensure_key(directory));
  x509::Terms wanted = terms(name);
  wanted.use = x509::Use::client;
  const std::string certificate =
      sure(x509::sign(ca.certificate, ca.key, sure(x509::make_request(key, wanted.subject)), wanted));
  const Status kept = keep(directory, certificate, ca.certificate);
  ASSERT_TRUE(kept) << kept.error().message;
}

TEST(CredentialFiles, HoldAKeyThatNobodyElseCanRead) {
  Scratch dir;
  certify(dir / "tls", Ca());
  EXPECT_EQ(mode_of(dir / "tls"), 0700U);
  EXPECT_EQ(mode_of(dir / "tls/key.pem"), 0600U);
  auto held = read_held(dir / "tls");
  ASSERT_TRUE(held) << held.error().message;
  EXPECT_EQ(held->certificate.common_name, "node-1");
  ASSERT_EQ(::chmod((dir / "tls/key.pem").c_str(), 0640), 0);
  EXPECT_EQ(read_held(dir / "tls").error().code, Code::refused);
}

TEST(CredentialFiles, KeepTheKeyThatACrashLeftBehind) {
  Scratch dir;
  const std::string key = sure(ensure_key(dir / "tls"));
  EXPECT_EQ(read_held(dir / "tls").error().code, Code::not_found);
  EXPECT_EQ(sure(ensure_key(dir / "tls")), key);
}

TEST(CredentialFiles, RefuseACertificateOfAnotherKey) {
  Scratch dir;
  const Ca ca;
  (void)sure(ensure_key(dir / "tls"));
  EXPECT_FALSE(keep(dir / "tls", ca.client().certificate, ca.certificate));
  EXPECT_EQ(read_held(dir / "tls").error().code, Code::not_found);
}

TEST(CredentialFiles, AreForgottenWithTheirKey) {
  Scratch dir;
  certify(dir / "tls", Ca());
  const std::string key = sure(ensure_key(dir / "tls"));
  ASSERT_TRUE(forget(dir / "tls"));
  EXPECT_NE(sure(ensure_key(dir / "tls")), key);
}

class CredentialsOfACaller : public http::HttpsTest {
 protected:
  http::Client caller() {
    return http::Client(endpoint_, source_of(std::make_shared<Credentials>(
                                       Credentials::Options{scratch_ / "tls", "coordinator.example", "ask for one"})));
  }
  std::string name_seen() { return seen().peer.certificate.common_name; }

  Scratch scratch_;
};

TEST_F(CredentialsOfACaller, CountFromTheNextCallOn) {
  serve_asking(ClientCertificate::required);
  auto client = caller();
  auto without = client.call({.path = "/"});
  ASSERT_FALSE(without);
  EXPECT_EQ(without.error().code, Code::unauthenticated);
  EXPECT_NE(without.error().message.find("ask for one"), std::string::npos) << without.error().message;
  EXPECT_EQ(handled_, 0);
  certify(scratch_ / "tls", ca_);
  ASSERT_TRUE(client.call({.path = "/"}));
  EXPECT_EQ(name_seen(), "node-1");
}

TEST_F(CredentialsOfACaller, AreNotThoseOfAConnectionThatIsStillOpen) {
  serve_asking(ClientCertificate::required);
  certify(scratch_ / "tls", ca_, "node-1");
  auto client = caller();
  ASSERT_TRUE(client.call({.path = "/"}));
  ASSERT_TRUE(client.call({.path = "/"}));
  EXPECT_EQ(name_seen(), "node-1");
  ASSERT_TRUE(forget(scratch_ / "tls"));
  EXPECT_EQ(client.call({.path = "/"}).error().code, Code::unauthenticated);
  certify(scratch_ / "tls", ca_, "node-2");
  ASSERT_TRUE(client.call({.path = "/"}));
  EXPECT_EQ(name_seen(), "node-2");
}

TEST_F(CredentialsOfACaller, TakeNoServerOfAnotherCa) {
  serve_asking(ClientCertificate::optional);
  certify(scratch_ / "tls", Ca("another"));
  auto answer = caller().call({.path = "/"});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::unauthenticated);
  EXPECT_EQ(handled_, 0);
}

// One connection serves all calls as long as the certificate stays.
TEST_F(CredentialsOfACaller, DoNotCostAHandshakeEach) {
  serve_asking(ClientCertificate::required);
  certify(scratch_ / "tls", ca_);
  auto client = caller();
  ASSERT_TRUE(client.call({.path = "/"}));
  const std::string first = seen().peer.address;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(client.call({.path = "/"}));
  EXPECT_EQ(seen().peer.address, first);
}

}  // namespace
}  // namespace polly::tls
