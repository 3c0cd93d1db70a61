#include "swarm/api/v1/api.h"

namespace polly::swarm::v1 {
namespace {

// In the time that a guess takes, nothing tells how much of it was right.
bool same_secret(const std::string& a, const std::string& b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b.empty() ? 0 : b[i % b.size()]);
  return difference == 0;
}

}  // namespace

http::Router make_router(const Services& services) {
  http::Router router;
  add_status_routes(router, services);
  add_volume_routes(router, services);
  add_grant_routes(router, services);
  add_forced_release_route(router, services);
  add_explain_routes(router, services);
  add_trash_routes(router, services);
  add_node_routes(router, services);
  add_mount_routes(router, services);
  add_feed_route(router, services);
  return router;
}

http::Handler require_secret(std::string secret, http::Handler handler) {
  return [expected = "Bearer " + secret, handler = std::move(handler)](const http::Request& request) {
    if (same_secret(request.header("authorization"), expected)) return handler(request);
    return http::Response::error({Code::unauthenticated,
                                  "the join secret is missing or wrong; send it as 'Authorization: Bearer SECRET', or "
                                  "use the coordinator's own socket"});
  };
}

http::Response respond(const Result<Json>& outcome, int status) {
  return outcome ? http::Response::json(*outcome, status) : http::Response::error(outcome.error());
}

http::Response respond(const Status& outcome) {
  return outcome ? http::Response::json(Json::object()) : http::Response::error(outcome.error());
}

std::string asker_of(const http::Request& request) {
  if (const auto& by = request.header("polly-by"); !by.empty()) return by.substr(0, 200);
  if (request.peer.uid) return fmt::format("uid {}", *request.peer.uid);
  return request.peer.address;
}

}  // namespace polly::swarm::v1
