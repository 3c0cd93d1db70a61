#include "core/codec/identity.h"

#include <gtest/gtest.h>

namespace polly {
namespace {

const std::string fingerprint(64, 'a');
const std::string secret(32, '7');

TEST(JoinTokens, CarryWhomToTrustAndASecret) {
  const JoinToken token{fingerprint, secret};
  EXPECT_EQ(token.text(), "POLLY-1-" + fingerprint + "-" + secret);
  auto read = JoinToken::parse(token.text());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, token);
}

TEST(JoinTokens, AreRefusedWithoutRepeatingThem) {
  const std::string good = JoinToken{fingerprint, secret}.text();
  for (const std::string& text :
       {std::string(), good.substr(1), good + "7", good.substr(0, good.size() - 1), "SWMTKN-1-" + fingerprint,
        "POLLY-2-" + fingerprint + "-" + secret, "POLLY-1-" + fingerprint + "7" + secret,
        "POLLY-1-" + std::string(64, 'G') + "-" + secret, "POLLY-1-" + fingerprint + "-" + std::string(32, 'A')}) {
    auto read = JoinToken::parse(text);
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, Code::invalid);
    EXPECT_EQ(read.error().message.find(secret), std::string::npos);
  }
}

TEST(JoinTokens, RecordsComeBackAsTheyWere) {
  const TokenRecord token{std::string(64, 'b'), "node1", 3, 2, 10, 20, "ann@node1"};
  auto read = token_record_from_json(to_json(token));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(to_json(*read).dump(), to_json(token).dump());
  EXPECT_EQ(read->id(), std::string(12, 'b'));
  const NodeCertificate certificate{"node1", "0a", "0b", "0c", 1, 2, 3};
  auto known = node_certificate_from_json(to_json(certificate));
  ASSERT_TRUE(known) << known.error().message;
  EXPECT_EQ(to_json(*known).dump(), to_json(certificate).dump());
}

TEST(JoinTokens, WishesHaveBounds) {
  auto wishes = [](const std::string& text) { return token_wishes_from_json(Json::parse(text).value_or(Json())); };
  EXPECT_EQ(wishes("{}")->uses, 1u);
  EXPECT_EQ(wishes("{}")->ttl_ms, 86'400'000);
  EXPECT_EQ(wishes(R"({"node":"node1","ttl_ms":1000})")->node, "node1");
  for (const char* text : {R"({"uses":0})", R"({"uses":1001})", R"({"ttl_ms":0})", R"({"ttl_ms":99999999999})",
                           R"({"node":"../x"})", R"({"node":"node1","uses":2})", R"({"ttl":"1h"})", "[]"})
    EXPECT_EQ(wishes(text).error().code, Code::invalid) << text;
}

TEST(NodeCertificates, LiveUntilTheyExpireOrAreRevoked) {
  NodeCertificate certificate;
  certificate.expires = 10;
  EXPECT_TRUE(certificate.living(9));
  EXPECT_FALSE(certificate.living(10));
  certificate.revoked = 5;
  EXPECT_FALSE(certificate.living(9));
}

}  // namespace
}  // namespace polly
