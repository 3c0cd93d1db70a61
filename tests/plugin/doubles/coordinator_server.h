// The coordinator double behind the v1 API, for executables.
#pragma once

#include <memory>
#include <string>

#include "base/http_server.h"
#include "core/codec/claims.h"
#include "core/codec/records.h"
#include "tests/plugin/doubles/coordinator_double.h"

namespace polly::test {

class CoordinatorServer {
 public:
  CoordinatorServer(CoordinatorDouble& coordinator, const std::string& socket) : coordinator_(coordinator) {
    endpoint_.socket_path = socket;
    start();
  }
  // On the network.
  CoordinatorServer(CoordinatorDouble& coordinator, std::shared_ptr<tls::Server> tls)
      : coordinator_(coordinator), endpoint_{"", "127.0.0.1", 0, true}, tls_(std::move(tls)) {
    start();
  }
  void start() {
    http::ServerOptions options;
    options.tls = tls_;
    auto server = http::Server::start(endpoint_, router(), options);
    if (server) server_ = *std::move(server);
    if (tls_ && server_) endpoint_.port = server_->port();
  }
  void stop() { server_.reset(); }
  bool running() const { return server_ != nullptr; }
  const http::Endpoint& endpoint() const { return endpoint_; }

 private:
  static constexpr std::chrono::seconds limit{10};

  template <class T>
  static http::Response respond(const Result<T>& outcome) {
    return outcome ? http::Response::json(to_json(*outcome)) : http::Response::error(outcome.error());
  }
  static http::Response respond(const Status& outcome) {
    return outcome ? http::Response::json(Json::object()) : http::Response::error(outcome.error());
  }
  template <class T, class Call>
  static http::Handler with_body(Result<T> (*read)(const Json&), Call call) {
    return [read, call](const http::Request& request) {
      auto json = Json::parse(request.body);
      if (!json) return http::Response::error(json.error());
      auto body = read(*json);
      if (!body) return http::Response::error(body.error());
      return respond(call(request, *body));
    };
  }

  http::Router router() {
    auto& c = coordinator_;
    http::Router router;
    router.on("POST", "/v1/nodes/{node}/session",
              with_body(open_session_from_json, [&](const auto&, const auto& body) { return c.open_session(body); }));
    router.on("POST", "/v1/nodes/{node}/heartbeat", [&](const http::Request& r) {
      auto json = Json::parse(r.body);
      return respond(c.heartbeat(r.param("node"), json ? (*json)["session"].as_string() : ""));
    });
    router.on("PUT", "/v1/nodes/{node}/engine", with_body(engine_facts_from_json, [&](const auto& r, const auto& body) {
                return c.report_engine(r.param("node"), r.query.at("session"), body);
              }));
    router.on("POST", "/v1/nodes/{node}/inventory",
              with_body(inventory_from_json, [&](const auto&, const auto& body) { return c.inventory(body); }));
    router.on("POST", "/v1/volumes", with_body(create_volume_from_json, [&](const auto&, const auto& body) {
                return c.create_volume(body, limit);
              }));
    router.on("GET", "/v1/volumes/{name}",
              [&](const http::Request& r) { return respond(c.volume(r.param("name"), limit)); });
    router.on("DELETE", "/v1/volumes/{name}", [&](const http::Request& r) {
      return respond(c.remove_volume(r.param("name"), r.header("polly-by"), limit));
    });
    router.on("POST", "/v1/mounts",
              with_body(mount_claim_from_json, [&](const auto&, const auto& body) { return c.mount(body); }));
    router.on("POST", "/v1/releases",
              with_body(release_from_json, [&](const auto&, const auto& body) { return c.release(body); }));
    router.on("POST", "/v1/formats",
              with_body(format_step_from_json, [&](const auto&, const auto& body) { return c.format(body); }));
    router.on("GET", "/v1/feed", [&](const http::Request& r) { return feed(r); });
    return router;
  }

  http::Response feed(const http::Request& request) {
    auto feed = coordinator_.feed(std::stoull(request.query.at("since")),
                                  std::chrono::milliseconds(std::stoll(request.query.at("wait_ms"))));
    if (!feed) return http::Response::error(feed.error());
    Json changed = Json::array(), removed = Json::array();
    for (const auto& volume : feed->changed) changed.push(to_json(volume));
    for (const auto& gone : feed->removed) removed.push(Json::object().set("id", gone.id).set("name", gone.name));
    Json json;
    json.set("revision", feed->revision).set("reset", feed->reset).set("changed", changed).set("removed", removed);
    return http::Response::json(json);
  }

  CoordinatorDouble& coordinator_;
  http::Endpoint endpoint_;
  std::shared_ptr<tls::Server> tls_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace polly::test
