// A node that joins by the token of its environment, against a coordinator that may be away or refuse at first.
#include "plugin/node/joiner.h"

#include <atomic>

#include "core/codec/identity.h"
#include "tests/base/tls_fixture.h"
#include "tests/plugin/doubles/scratch.h"

namespace polly::node {
namespace {

using test::eventually;
using test::Scratch;

class JoinerTest : public ::testing::Test {
 protected:
  JoinerTest() {
    auto shown = ca.server();
    shown.certificate += ca.certificate;
    http::ServerOptions options;
    options.tls = tls::Server::create({.identity = shown}).value();
    server = http::Server::start(
                 {"", "127.0.0.1", 0, true}, [this](const auto& r) { return answer(r); }, options)
                 .value();
  }
  http::Response answer(const http::Request& request) {
    ++asked;
    auto body = join_request_from_json(Json::parse(request.body).value());
    if (refuse || !body || body->secret != token.secret)
      return http::Response::error({Code::unauthenticated, "cannot join node 'n1': the token has expired"});
    auto wanted = http::terms(body->node);
    wanted.use = x509::Use::client;
    return http::Response::json(
        to_json(JoinAnswer{x509::sign(ca.certificate, ca.key, body->request, wanted).value(), ca.certificate}));
  }
  client::JoinOptions options() { return {{{"", "127.0.0.1", server->port(), true}}, token, "n1", scratch / "tls"}; }
  bool has_joined() { return static_cast<bool>(tls::read_held(scratch / "tls")); }

  Scratch scratch;
  const http::Ca ca;
  const JoinToken token{ca.fingerprint(), std::string(32, '7')};
  std::atomic<bool> refuse{false};
  std::atomic<int> asked{0};
  std::unique_ptr<http::Server> server;
};

TEST_F(JoinerTest, GetsACertificate) {
  Joiner joiner(options());
  ASSERT_TRUE(eventually([&] { return has_joined(); }));
  EXPECT_EQ(tls::read_held(scratch / "tls")->certificate.common_name, "n1");
}

TEST_F(JoinerTest, GoesOnUntilItIsLetIn) {
  refuse = true;
  Joiner joiner(options());
  ASSERT_TRUE(eventually([&] { return asked >= 1; }));
  EXPECT_FALSE(has_joined());
  refuse = false;
  EXPECT_TRUE(eventually([&] { return has_joined(); }));
}

}  // namespace
}  // namespace polly::node
