// The v1 API: parse, call, render. Bodies are the records of core/codec; docs/api.md describes each route.
#pragma once

#include <functional>
#include <string>

#include "base/http_server.h"
#include "swarm/operations/journal.h"
#include "swarm/policy/mount_policy.h"
#include "swarm/sessions/sessions.h"

namespace polly::swarm::v1 {

struct Services {
  const Context& context;
  Journal& journal;
  Sessions& sessions;
  MountPolicy& policy;
  const Schedulers& schedulers;
};

void add_volume_routes(http::Router& router, const Services& services);
void add_grant_routes(http::Router& router, const Services& services);
void add_forced_release_route(http::Router& router, const Services& services);
void add_explain_routes(http::Router& router, const Services& services);
void add_trash_routes(http::Router& router, const Services& services);
void add_node_routes(http::Router& router, const Services& services);
void add_mount_routes(http::Router& router, const Services& services);
void add_status_routes(http::Router& router, const Services& services);
void add_feed_route(http::Router& router, const Services& services);
http::Router make_router(const Services& services);

// Lets a request through only with `Authorization: Bearer <secret>`.
http::Handler require_secret(std::string secret, http::Handler handler);

// What most handlers do: the body as JSON, decoded; the outcome as JSON, or the error with its status.
http::Response respond(const Result<Json>& outcome, int status = 200);
http::Response respond(const Status& outcome);
template <class T>
Result<T> parse_body(const http::Request& request, Result<T> (*from_json)(const Json&)) {
  TRY(json, Json::parse(request.body));
  return from_json(json);
}
// Who asks, for events: the header Polly-By, or the peer.
std::string asker_of(const http::Request& request);

}  // namespace polly::swarm::v1
