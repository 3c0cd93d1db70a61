// A CA, the certificates it gives, and a server that shows one.
#pragma once

#include "base/mutex.h"
#include "base/x509.h"
#include "tests/base/http_fixture.h"

namespace polly::http {

// The result, or a failed test and an empty text.
inline std::string sure(Result<std::string> result) {
  EXPECT_TRUE(result) << result.error().message;
  return result.value_or("");
}

inline x509::Terms terms(const std::string& name, std::chrono::hours from = std::chrono::hours(-1),
                         std::chrono::hours to = std::chrono::hours(24)) {
  const Millis now = system_clock().wall();
  return {.subject = {name, "polly"}, .not_before = now + from, .not_after = now + to};
}

struct Ca {
  explicit Ca(const std::string& name = "test CA")
      : key(sure(x509::make_key())), certificate(sure(x509::make_ca(key, terms(name)))) {}

  tls::Identity give(const x509::Terms& wanted) const {
    const std::string own = sure(x509::make_key());
    return {sure(x509::sign(certificate, key, sure(x509::make_request(own, wanted.subject)), wanted)), own};
  }
  tls::Identity server(x509::Terms wanted = terms("coordinator")) const {
    wanted.dns = {"localhost", "coordinator.example"};
    wanted.ips = {"127.0.0.1"};
    wanted.use = x509::Use::server;
    return give(wanted);
  }
  tls::Identity client(x509::Terms wanted = terms("node-1")) const {
    wanted.use = x509::Use::client;
    return give(wanted);
  }
  std::string fingerprint() const { return x509::read(certificate)->fingerprint; }

  std::string key;
  std::string certificate;
};

class HttpsTest : public testing::Test {
 protected:
  void serve(const tls::ServerSettings& settings, ServerOptions options = {}) {
    auto made = tls::Server::create(settings);
    ASSERT_TRUE(made) << made.error().message;
    tls_ = *made;
    options.tls = tls_;
    endpoint_ = {.host = "127.0.0.1", .tls = true};
    auto server = Server::start(
        endpoint_,
        [this](const Request& request) {
          ++handled_;
          Lock lock(mutex_);
          seen_ = request;
          Response response;
          response.body = request.body;
          return response;
        },
        std::move(options));
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    endpoint_.port = server_->port();
  }
  void serve() { serve({.identity = ca_.server()}); }
  void serve_asking(tls::ClientCertificate ask) {
    serve({.identity = ca_.server(), .client_certificate = ask, .client_ca = ca_.certificate});
  }

  Result<Response> call(const tls::ClientSettings& settings, const Call& what = {.path = "/"}) {
    auto client = tls::Client::create(settings);
    if (!client) return fail(client.error());
    return Client(endpoint_, *client).call(what);
  }
  Code code_of_call(const tls::ClientSettings& settings) {
    auto answer = call(settings);
    return answer ? Code::internal : answer.error().code;
  }
  tls::ClientSettings trusting() const { return {.ca = ca_.certificate}; }
  Request seen() {
    Lock lock(mutex_);
    return seen_;
  }

  const Ca ca_;
  std::shared_ptr<tls::Server> tls_;
  Endpoint endpoint_;
  std::atomic<int> handled_{0};
  Mutex mutex_;
  Request seen_;
  std::unique_ptr<Server> server_;
};

}  // namespace polly::http
