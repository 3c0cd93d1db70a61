#include "base/tls.h"

#include <thread>

#include "tests/base/tls_fixture.h"

namespace polly::http {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using tls::ClientCertificate;

class Tls : public HttpsTest {};

TEST_F(Tls, CarriesCallsInARow) {
  serve();
  auto client = tls::Client::create(trusting());
  ASSERT_TRUE(client);
  Client caller(endpoint_, *client);
  for (size_t size : {0UL, 200UL, 50'000UL, 3UL}) {
    const auto answer = caller.call({.method = "POST", .path = "/", .body = std::string(size, 'x')});
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body, std::string(size, 'x'));
  }
  EXPECT_EQ(seen().peer.certificate.common_name, "");
  EXPECT_TRUE(seen().peer.address.starts_with("127.0.0.1:"));
}

TEST_F(Tls, CarriesLargeBodiesBothWays) {
  serve({.identity = ca_.server()}, {.max_body = 10'000'000});
  const std::string body(5'000'000, 'b');
  const auto answer = call(trusting(), {.method = "PUT", .path = "/", .body = body});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, body);
}

TEST_F(Tls, ServesManyThreads) {
  serve();
  auto client = tls::Client::create(trusting());
  Client caller(endpoint_, *client);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string body = fmt::format("{}-{}", t, i);
        const auto answer = caller.call({.method = "POST", .path = "/", .body = body});
        ASSERT_TRUE(answer) << answer.error().message;
        EXPECT_EQ(answer->body, body);
      }
    });
  }
}

TEST_F(Tls, RefusesAServerOfAnotherCa) {
  serve();
  const Ca other("other CA");
  const auto answer = call({.ca = other.certificate});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::unauthenticated);
  EXPECT_NE(answer.error().message.find("cannot reach " + endpoint_.text()), std::string::npos);
  EXPECT_NE(answer.error().message.find("not trusted"), std::string::npos) << answer.error().message;
  EXPECT_EQ(code_of_call({}), Code::unauthenticated);  // by what the system trusts
  EXPECT_EQ(handled_, 0);
}

TEST_F(Tls, RefusesAServerThatHasExpiredOrIsNotValidYet) {
  for (auto [from, to] : {std::pair{-48h, -24h}, std::pair{24h, 48h}}) {
    serve({.identity = ca_.server(terms("coordinator", from, to))});
    EXPECT_EQ(code_of_call(trusting()), Code::unauthenticated);
  }
  EXPECT_EQ(handled_, 0);
}

TEST_F(Tls, RefusesAServerWithTheNameOfAnotherHost) {
  x509::Terms wanted = terms("coordinator");
  wanted.dns = {"elsewhere.example"};
  serve({.identity = ca_.give(wanted)});
  EXPECT_EQ(code_of_call(trusting()), Code::unauthenticated);
  EXPECT_TRUE(call({.ca = ca_.certificate, .server_name = "elsewhere.example"}));
  serve();
  EXPECT_EQ(code_of_call({.ca = ca_.certificate, .server_name = "elsewhere.example"}), Code::unauthenticated);
  EXPECT_TRUE(call({.ca = ca_.certificate, .server_name = "coordinator.example"}));
  endpoint_.host = "localhost";
  EXPECT_TRUE(call(trusting()));
}

TEST_F(Tls, RefusesAClientThatPosesAsAServer) {
  x509::Terms wanted = terms("node-1");
  wanted.ips = {"127.0.0.1"};
  serve({.identity = ca_.client(wanted)});
  EXPECT_EQ(code_of_call(trusting()), Code::unauthenticated);
}

TEST_F(Tls, TakesAServerByTheFingerprintOfItsCa) {
  tls::Identity identity = ca_.server();
  identity.certificate += ca_.certificate;
  serve({.identity = identity});
  EXPECT_TRUE(call({.ca_fingerprint = ca_.fingerprint()}));
  EXPECT_EQ(code_of_call({.ca_fingerprint = Ca("other CA").fingerprint()}), Code::unauthenticated);
  EXPECT_EQ(code_of_call({.ca_fingerprint = "abc"}), Code::invalid);
}

TEST_F(Tls, IsNotFooledByACaThatIsOnlySentAlong) {
  const Ca other("other CA");
  tls::Identity identity = other.server();
  identity.certificate += ca_.certificate;
  serve({.identity = identity});
  EXPECT_EQ(code_of_call({.ca_fingerprint = ca_.fingerprint()}), Code::unauthenticated);
  EXPECT_EQ(handled_, 0);
}

TEST_F(Tls, TellsHandlersWhoseCertificateWasShown) {
  serve_asking(ClientCertificate::required);
  x509::Terms wanted = terms("node-7");
  wanted.serial = "0abc12";
  const tls::Identity identity = ca_.client(wanted);
  const auto answer = call({.ca = ca_.certificate, .identity = identity});
  ASSERT_TRUE(answer) << answer.error().message;
  const Peer::Certificate shown = seen().peer.certificate;
  EXPECT_EQ(shown.common_name, "node-7");
  EXPECT_EQ(shown.organization, "polly");
  EXPECT_EQ(shown.serial, "0abc12");
  EXPECT_EQ(shown.fingerprint, x509::read(identity.certificate)->fingerprint);
}

TEST_F(Tls, RefusesAClientWithoutTheCertificateThatIsRequired) {
  serve_asking(ClientCertificate::required);
  const auto answer = call(trusting());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::unauthenticated) << answer.error().message;
  EXPECT_EQ(handled_, 0);
}

TEST_F(Tls, TakesAClientWithoutCertificateWhereItIsOptional) {
  serve_asking(ClientCertificate::optional);
  EXPECT_TRUE(call(trusting()));
  EXPECT_EQ(seen().peer.certificate.fingerprint, "");
  EXPECT_TRUE(call({.ca = ca_.certificate, .identity = ca_.client()}));
  EXPECT_EQ(seen().peer.certificate.common_name, "node-1");
}

TEST_F(Tls, RefusesABadClientCertificateEvenWhereNoneWouldDo) {
  for (ClientCertificate ask : {ClientCertificate::optional, ClientCertificate::required}) {
    serve_asking(ask);
    const Ca other("other CA");
    for (const tls::Identity& identity : {other.client(), ca_.client(terms("node-1", -48h, -24h)), ca_.server()}) {
      const auto answer = call({.ca = ca_.certificate, .identity = identity});
      ASSERT_FALSE(answer);
      EXPECT_EQ(answer.error().code, Code::unauthenticated) << answer.error().message;
    }
  }
  EXPECT_EQ(handled_, 0);
}

TEST_F(Tls, NeedsAKeyThatFitsAndACaToAsk) {
  const tls::Identity one = ca_.server();
  const tls::Identity mixed{one.certificate, sure(x509::make_key())};
  EXPECT_EQ(tls::Server::create({.identity = mixed}).error().code, Code::invalid);
  EXPECT_EQ(tls::Server::create({}).error().code, Code::invalid);
  EXPECT_EQ(tls::Server::create({.identity = one, .client_certificate = ClientCertificate::required}).error().code,
            Code::invalid);
  EXPECT_EQ(tls::Client::create({.ca = "garbage"}).error().code, Code::invalid);
  EXPECT_EQ(tls::Client::create({.identity = mixed}).error().code, Code::invalid);
  EXPECT_EQ(Server::start({.host = "127.0.0.1", .tls = true}, nullptr).error().code, Code::invalid);
}

TEST_F(Tls, ShowsANewCertificateAfterAReload) {
  serve();
  auto client = tls::Client::create(trusting());
  Client caller(endpoint_, *client);
  EXPECT_TRUE(caller.call({.path = "/"}));
  const Ca next("next CA");
  EXPECT_FALSE(tls_->reload({.identity = {"garbage", "garbage"}}));
  EXPECT_TRUE(call(trusting()));
  ASSERT_TRUE(tls_->reload({.identity = next.server()}));
  EXPECT_TRUE(caller.call({.path = "/"}));  // on the connection it has
  EXPECT_EQ(code_of_call(trusting()), Code::unauthenticated);
  EXPECT_TRUE(call({.ca = next.certificate}));
}

TEST_F(Tls, ReloadsWhileItServes) {
  serve();
  std::atomic<bool> done{false};
  std::jthread reloads([&] {
    while (!done) EXPECT_TRUE(tls_->reload({.identity = ca_.server()}));
  });
  for (int i = 0; i < 30; ++i) EXPECT_TRUE(call(trusting()));
  done = true;
}

TEST_F(Tls, IsNotHeldUpByPeersThatSayNothing) {
  serve({.identity = ca_.server()}, {.idle_timeout = 300ms, .receive_timeout = 300ms});
  Endpoint plain = endpoint_;
  std::vector<RawPeer> silent;
  for (int i = 0; i < 50; ++i) silent.emplace_back(plain);
  for (size_t i = 0; i < silent.size(); i += 2) silent[i].send(std::string("\x16\x03\x01\x02", 4));  // and no more
  EXPECT_TRUE(call(trusting()));
  for (RawPeer& peer : silent) EXPECT_EQ(peer.read_all(), "");
}

TEST_F(Tls, CutsOffAHandshakeThatDripsIn) {
  serve({.identity = ca_.server()}, {.receive_timeout = 300ms});
  RawPeer peer(endpoint_);
  const auto began = steady_clock::now();
  peer.send(std::string("\x16\x03\x01\x40\x00", 5));
  while (peer.send("x") && steady_clock::now() - began < 5s && !peer.is_closed(20)) {
  }
  EXPECT_LT(steady_clock::now() - began, 3s);
}

TEST_F(Tls, TellsAPlainCallerToUseTls) {
  serve();
  Endpoint plain = endpoint_;
  plain.tls = false;
  const auto answer = Client(plain).call({.path = "/"});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 400);
  EXPECT_NE(answer->body.find("https://"), std::string::npos);
  EXPECT_EQ(handled_, 0);
}

TEST_F(Tls, ClosesOnGarbage) {
  serve();
  for (const std::string& garbage : {std::string(1000, '\xfe'), std::string(1000, '\x16'), std::string(1, '\0'),
                                     std::string("\x16\x03\x01\x00\x05hello", 10)}) {
    RawPeer peer(endpoint_);
    peer.send(garbage);
    peer.end_sending();
    peer.read_all();
    EXPECT_TRUE(peer.is_closed());
  }
  EXPECT_EQ(handled_, 0);
  EXPECT_TRUE(call(trusting()));
}

TEST_F(Tls, SaysThatAPlainServerSpeaksNoTls) {
  auto plain = Server::start({.host = "127.0.0.1"}, [](const Request&) { return Response(); });
  ASSERT_TRUE(plain);
  endpoint_ = {.host = "127.0.0.1", .port = (*plain)->port(), .tls = true};
  const auto answer = call(trusting());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::unavailable) << answer.error().message;
}

TEST_F(Tls, CountsTheHandshakeAgainstTheDeadlineOfTheCall) {
  RawServer silent({.host = "127.0.0.1"}, [](RawPeer& peer) { peer.read_all(); });
  endpoint_ = {.host = "127.0.0.1", .port = silent.port(), .tls = true};
  const auto began = steady_clock::now();
  EXPECT_EQ(call(trusting(), {.path = "/", .timeout = 300ms}).error().code, Code::unavailable);
  EXPECT_LT(steady_clock::now() - began, 2s);
}

TEST_F(Tls, EndsWithTheServer) {
  serve({.identity = ca_.server()}, {.idle_timeout = 1h});
  auto client = tls::Client::create(trusting());
  Client caller(endpoint_, *client);
  EXPECT_TRUE(caller.call({.path = "/"}));
  RawPeer silent(endpoint_);
  silent.send("\x16");
  std::this_thread::sleep_for(50ms);
  const auto began = steady_clock::now();
  server_.reset();
  EXPECT_LT(steady_clock::now() - began, 2s);
  EXPECT_EQ(caller.call({.path = "/"}).error().code, Code::unavailable);
}

}  // namespace
}  // namespace polly::http
