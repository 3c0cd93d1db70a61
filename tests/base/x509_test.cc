#include "base/x509.h"

#include "tests/base/tls_fixture.h"

namespace polly::x509 {
namespace {

using namespace std::chrono_literals;
using http::Ca;
using http::sure;
using http::terms;

Millis now() {
  return system_clock().wall();
}

TEST(X509, SaysWhatWasAskedFor) {
  const Ca ca("root");
  Terms wanted = terms("node-1");
  wanted.dns = {"node-1.example", "localhost"};
  wanted.ips = {"10.0.0.1", "fd00::1"};
  wanted.serial = "0a1b2c";
  const auto made = read(ca.give(wanted).certificate);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->common_name, "node-1");
  EXPECT_EQ(made->organization, "polly");
  EXPECT_EQ(made->issuer, "root");
  EXPECT_EQ(made->serial, "0a1b2c");
  EXPECT_EQ(made->fingerprint.size(), 64U);
  EXPECT_EQ(made->dns, wanted.dns);
  EXPECT_EQ(made->ips, wanted.ips);
  EXPECT_FALSE(made->is_ca);
  EXPECT_EQ(made->not_before.count() / 1000, wanted.not_before.count() / 1000);
  EXPECT_EQ(made->not_after.count() / 1000, wanted.not_after.count() / 1000);
}

TEST(X509, TellsHostNamesFromAddresses) {
  Terms wanted = terms("coordinator");
  for (const char* host : {"node-1.example", "10.0.0.1", "fd00::1", "fe80::1%eth0", "", "a,DNS:b"})
    wanted.add_host(host);
  EXPECT_EQ(wanted.dns, std::vector<std::string>{"node-1.example"});
  EXPECT_EQ(wanted.ips, (std::vector<std::string>{"10.0.0.1", "fd00::1"}));
}

TEST(X509, MakesACaThatSignsItself) {
  const Ca ca("root");
  const auto made = read(ca.certificate);
  EXPECT_TRUE(made->is_ca);
  EXPECT_EQ(made->issuer, "root");
  EXPECT_TRUE(verify(ca.certificate, ca.certificate, Use::both, now()));
}

TEST(X509, GivesEachCertificateAnotherSerial) {
  const Ca ca;
  const auto one = read(ca.client().certificate);
  const auto two = read(ca.client().certificate);
  EXPECT_NE(one->serial, two->serial);
  EXPECT_NE(one->fingerprint, two->fingerprint);
}

TEST(X509, CertifiesWhatTheTermsSayAndNotTheRequest) {
  const Ca ca;
  const std::string key = sure(make_key());
  const std::string request = sure(make_request(key, {"admin", "root"}));
  EXPECT_EQ(read_request(request)->subject, (Subject{"admin", "root"}));
  const auto made = read(sure(sign(ca.certificate, ca.key, request, terms("node-1"))));
  EXPECT_EQ(made->key, read_request(request)->key) << "the key is the request's";
  EXPECT_EQ(made->key.size(), 64U);
  EXPECT_NE(made->key, read(ca.certificate)->key);
  EXPECT_EQ(made->common_name, "node-1");
  EXPECT_EQ(made->organization, "polly");
}

TEST(X509, VerifiesTheChainTheTimeAndTheUse) {
  const Ca ca;
  const std::string server = ca.server().certificate;
  const std::string client = ca.client().certificate;
  EXPECT_TRUE(verify(server, ca.certificate, Use::server, now()));
  EXPECT_TRUE(verify(client, ca.certificate, Use::client, now()));
  EXPECT_TRUE(verify(client, ca.certificate, Use::both, now()));
  EXPECT_TRUE(verify(client, Ca("old").certificate + ca.certificate, Use::client, now()));
  for (const Status& bad :
       {verify(server, ca.certificate, Use::client, now()), verify(client, ca.certificate, Use::server, now()),
        verify(client, ca.certificate, Use::client, now() + 48h),
        verify(client, ca.certificate, Use::client, now() - 48h),
        verify(client, Ca().certificate, Use::client, now())}) {
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().code, Code::unauthenticated);
    EXPECT_NE(bad.error().message.find("cannot trust the certificate of '"), std::string::npos);
  }
}

TEST(X509, DoesNotTakeALeafForACa) {
  const tls::Identity node = Ca().client();
  const std::string request = sure(make_request(sure(make_key()), {"admin"}));
  EXPECT_EQ(sign(node.certificate, node.key, request, terms("admin")).error().code, Code::invalid);
}

TEST(X509, RefusesARequestThatWasTamperedWith) {
  std::string request = sure(make_request(sure(make_key()), {"node-1"}));
  const size_t middle = request.find('\n') + 90;
  request[middle] = request[middle] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(read_request(request));
}

TEST(X509, RefusesTermsThatMakeNoSense) {
  const Ca ca;
  const std::string request = sure(make_request(sure(make_key()), {"node-1"}));
  auto code = [&](const Terms& wanted) {
    auto made = sign(ca.certificate, ca.key, request, wanted);
    return made ? Code::internal : made.error().code;
  };
  Terms bad = terms("");
  EXPECT_EQ(code(bad), Code::invalid);
  EXPECT_EQ(code(terms("a", 2h, 1h)), Code::invalid);
  for (const char* dns : {"", "a,IP:10.0.0.1", "a b", "a\n"}) {
    bad = terms("a");
    bad.dns = {dns};
    EXPECT_EQ(code(bad), Code::invalid) << dns;
  }
  for (const char* ip : {"", "300.1.1.1", "host"}) {
    bad = terms("a");
    bad.ips = {ip};
    EXPECT_EQ(code(bad), Code::invalid) << ip;
  }
  for (const char* serial : {"xyz", "-1", "12 34", "0123456789012345678901234567890123456789ab"}) {
    bad = terms("a");
    bad.serial = serial;
    EXPECT_EQ(code(bad), Code::invalid) << serial;
  }
  EXPECT_FALSE(sign(ca.certificate, sure(make_key()), request, terms("a")));
}

TEST(X509, TakesGarbageForNothing) {
  const Ca ca;
  for (const std::string& text : {std::string(), std::string("garbage"), ca.certificate.substr(0, 200),
                                  ca.certificate + "-----BEGIN CERTIFICATE-----\nAAAA\n"}) {
    EXPECT_EQ(read(text).error().code, Code::invalid);
    EXPECT_FALSE(read_request(text));
    EXPECT_FALSE(make_request(text, {"a"}));
    EXPECT_FALSE(verify(text, ca.certificate, Use::both, now()));
    EXPECT_FALSE(verify(ca.certificate, text, Use::both, now()));
  }
}

TEST(X509, KnowsWhichKeyBelongsToACertificate) {
  const Ca ca;
  EXPECT_TRUE(check_pair(ca.certificate, ca.key));
  EXPECT_FALSE(check_pair(ca.certificate, sure(make_key())));
}

}  // namespace
}  // namespace polly::x509
