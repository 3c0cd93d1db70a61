// The v1 API: parse, call, render. Bodies are the records of core/codec; docs/api.md describes each route.
#pragma once

#include <functional>
#include <string>

#include "base/http_server.h"
#include "swarm/operations/journal.h"
#include "swarm/policy/mount_policy.h"
#include "swarm/sessions/admission.h"
#include "swarm/sessions/sessions.h"

namespace polly::swarm::v1 {

struct Services {
  const Context& context;
  Journal& journal;
  Sessions& sessions;
  Admission& admission;
  MountPolicy& policy;
  const Schedulers& schedulers;
};

// Who may call a route over the network. By the coordinator's own socket everybody who may open it may call all.
enum class Caller {
  anybody,    // also without a certificate
  nodes,      // with a node's certificate that counts; where the path names a node, with that node's
  operators,  // nobody yet: they come by the socket
};

class Routes {
 public:
  explicit Routes(Admission& admission) : admission_(admission) {}
  Routes& on(Caller caller, std::string method, std::string pattern, http::Handler handler);
  http::Router router() && { return std::move(router_); }

 private:
  Admission& admission_;
  http::Router router_;
};

void add_volume_routes(Routes& routes, const Services& services);
void add_grant_routes(Routes& routes, const Services& services);
void add_forced_release_route(Routes& routes, const Services& services);
void add_explain_routes(Routes& routes, const Services& services);
void add_trash_routes(Routes& routes, const Services& services);
void add_node_routes(Routes& routes, const Services& services);
void add_join_routes(Routes& routes, const Services& services);
void add_mount_routes(Routes& routes, const Services& services);
void add_status_routes(Routes& routes, const Services& services);
void add_feed_route(Routes& routes, const Services& services);
// For the socket and the network alike.
http::Router make_router(const Services& services);

// For a body that speaks for a node: `refused` when a certificate was shown and is another node's.
Status check_speaks_for(const http::Request& request, const std::string& node);

// What most handlers do: the body as JSON, decoded; the outcome as JSON, or the error with its status.
http::Response respond(const Result<Json>& outcome, int status = 200);
http::Response respond(const Status& outcome);
template <class T>
Result<T> parse_body(const http::Request& request, Result<T> (*from_json)(const Json&)) {
  TRY(json, Json::parse(request.body));
  return from_json(json);
}
// Who asks, for events: the node of the certificate; by the socket the header Polly-By, or the peer.
std::string asker_of(const http::Request& request);

}  // namespace polly::swarm::v1
