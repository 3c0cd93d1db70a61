#include "plugin/guard/session_server.h"

#include "base/files.h"

namespace polly::guard {

Json to_json(const SessionState& state) {
  Json json;
  json.set("node", state.node)
      .set("session", state.session)
      .set("boot_id", state.boot_id)
      .set("live", state.live)
      .set("since_heartbeat_ms", state.since_heartbeat_ms)
      .set("ttl_ms", state.ttl_ms);
  return json;
}

Result<std::unique_ptr<http::Server>> serve_session(const std::string& socket, const Holder& holder) {
  http::Router router;
  router.on("GET", "/v1/session",
            [&holder](const http::Request&) { return http::Response::json(to_json(holder.state())); });
  auto slash = socket.rfind('/');
  if (slash != std::string::npos && slash > 0) TRY_STATUS(files::make_directories(socket.substr(0, slash)));
  http::Endpoint endpoint;
  endpoint.socket_path = socket;
  http::ServerOptions options;
  options.max_threads = 16;
  options.idle_timeout = std::chrono::seconds(60);
  return http::Server::start(endpoint, router, options);
}

}  // namespace polly::guard
