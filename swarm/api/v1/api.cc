#include "swarm/api/v1/api.h"

namespace polly::swarm::v1 {
namespace {

bool is_local(const http::Request& request) {
  return request.peer.uid.has_value();
}

// By each request and not by connection: one that was revoked ends also where it is still connected.
Status admit(Admission& admission, Caller caller, const http::Request& request) {
  if (is_local(request) || caller == Caller::anybody) return {};
  const auto& shown = request.peer.certificate;
  const auto what = [&] { return fmt::format("cannot {} {}", request.method, request.path); };
  if (shown.organization != node_role)
    return fail(Code::unauthenticated,
                "{}: no certificate of a node was shown; a node gets one with `polly node join`, and operators use the "
                "coordinator's own socket",
                what());
  if (auto counts = admission.check(shown.common_name, shown.serial); !counts)
    return fail_with(counts.error(), "{}", what());
  if (caller == Caller::operators)
    return fail(Code::refused,
                "{}: node '{}' may not; it takes an operator: run polly as root on the coordinator's machine", what(),
                shown.common_name);
  return request.param("node").empty() ? Status() : check_speaks_for(request, request.param("node"));
}

}  // namespace

Routes& Routes::on(Caller caller, std::string method, std::string pattern, http::Handler handler) {
  router_.on(std::move(method), std::move(pattern),
             [&admission = admission_, caller, handler = std::move(handler)](const http::Request& request) {
               auto admitted = admit(admission, caller, request);
               return admitted ? handler(request) : http::Response::error(admitted.error());
             });
  return *this;
}

http::Router make_router(const Services& services) {
  Routes routes(services.admission);
  add_status_routes(routes, services);
  add_volume_routes(routes, services);
  add_grant_routes(routes, services);
  add_forced_release_route(routes, services);
  add_explain_routes(routes, services);
  add_trash_routes(routes, services);
  add_node_routes(routes, services);
  add_join_routes(routes, services);
  add_mount_routes(routes, services);
  add_feed_route(routes, services);
  return std::move(routes).router();
}

Status check_speaks_for(const http::Request& request, const std::string& node) {
  const auto& own = request.peer.certificate.common_name;
  if (is_local(request) || own == node) return {};
  return fail(Code::refused, "cannot {} {}: it speaks for node '{}', and the certificate is that of node '{}'",
              request.method, request.path, node, own);
}

http::Response respond(const Result<Json>& outcome, int status) {
  return outcome ? http::Response::json(*outcome, status) : http::Response::error(outcome.error());
}

http::Response respond(const Status& outcome) {
  return outcome ? http::Response::json(Json::object()) : http::Response::error(outcome.error());
}

std::string asker_of(const http::Request& request) {
  if (!is_local(request)) return "node " + request.peer.certificate.common_name;
  if (const auto& by = request.header("polly-by"); !by.empty()) return by.substr(0, 200);
  return fmt::format("uid {}", *request.peer.uid);
}

}  // namespace polly::swarm::v1
