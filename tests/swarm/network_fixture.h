// A coordinator as the network and its own socket show it: the v1 API behind TLS with a CA of its own.
#pragma once

#include "base/http_client.h"
#include "swarm/api/v1/api.h"
#include "swarm/client/coordinator.h"
#include "swarm/client/join.h"
#include "tests/base/scratch.h"
#include "tests/swarm/fixture.h"

namespace polly::swarm {

class NetworkTest : public CoordinatorTest {
 protected:
  NetworkTest() {
    settings.state = scratch / "coordinator";
    start();
  }

  // As a start of the coordinator does, on the files that are there.
  void start() {
    auto opened = Authority::open(settings, clock.wall());
    ASSERT_TRUE(opened) << opened.error().message;
    authority = std::make_unique<Authority>(*std::move(opened));
    admission = std::make_unique<Admission>(context, *authority);
    router = v1::make_router({context, journal, sessions, *admission, policy, schedulers});
    network = serve({"", "127.0.0.1", endpoint.port, true});
    socket = serve({scratch / "c.sock"});
    endpoint = {"", "127.0.0.1", network->port(), true};
  }
  void stop() {
    network.reset();
    socket.reset();
  }
  std::unique_ptr<http::Server> serve(const http::Endpoint& where) {
    http::ServerOptions options;
    if (where.tls) options.tls = tls::Server::create(authority->server_settings()).value();
    auto handler = [this](const http::Request& request) {
      {
        Lock lock(mutex);
        addresses.push_back(request.peer.address);
      }
      return router(request);
    };
    auto started = http::Server::start(where, handler, options);
    EXPECT_TRUE(started) << started.error().message;
    return started ? *std::move(started) : nullptr;
  }

  std::string token(const TokenWishes& wishes = {}) {
    auto made = admission->make_token(wishes, "ann");
    EXPECT_TRUE(made) << made.error().message;
    return made ? made->text : "";
  }
  // In its own directory, by default one for each node.
  std::string directory(const std::string& node) { return scratch / ("node/" + node); }
  Result<client::Joined> join_by(const std::string& node, const std::string& text, std::string place = "") {
    TRY(parsed, JoinToken::parse(text));
    return client::join({{endpoint}, parsed, node, place.empty() ? directory(node) : place});
  }
  std::unique_ptr<http::Client> caller(const std::string& place) {
    return std::make_unique<http::Client>(
        endpoint,
        tls::source_of(std::make_shared<tls::Credentials>(tls::Credentials::Options{place, coordinator_host})));
  }
  // Joined, and calling.
  std::unique_ptr<http::Client> node(const std::string& name) {
    auto joined = join_by(name, token());
    EXPECT_TRUE(joined) << joined.error().message;
    return caller(directory(name));
  }
  std::unique_ptr<http::Client> stranger() {
    return std::make_unique<http::Client>(
        endpoint, tls::Client::create({.ca = authority->pem(), .server_name = coordinator_host}).value());
  }
  std::unique_ptr<http::Client> root() { return std::make_unique<http::Client>(http::Endpoint{scratch / "c.sock"}); }

  static http::Response ask(http::Client& client, const std::string& method, const std::string& path,
                            const Json& body = {}) {
    http::Call call;
    call.method = method;
    call.path = path;
    if (!body.is_null()) call.body = body.dump();
    auto response = client.call(call);
    EXPECT_TRUE(response) << response.error().message;
    return response.value_or(http::Response{});
  }
  static std::string message(const http::Response& response) { return http::error_of(response).message; }
  std::vector<std::string> seen() {
    Lock lock(mutex);
    return addresses;
  }

  Scratch scratch;
  std::unique_ptr<Authority> authority;
  std::unique_ptr<Admission> admission;
  http::Router router;
  http::Endpoint endpoint{"", "127.0.0.1", 0, true};
  Mutex mutex;
  std::vector<std::string> addresses;  // of each request that reached the API
  std::unique_ptr<http::Server> network, socket;
};

}  // namespace polly::swarm
