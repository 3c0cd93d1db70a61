#include "core/codec/claims.h"
#include "core/codec/reader.h"
#include "core/codec/records.h"
#include "swarm/api/v1/api.h"
#include "swarm/operations/create.h"
#include "swarm/operations/forced_release.h"
#include "swarm/operations/trash.h"

namespace polly::swarm::v1 {
namespace {

Result<Json> list_volumes(const Services& s, bool trash) {
  TRY(volumes, s.context.state.volumes());
  Json list = Json::array();
  for (const auto& stored : volumes) {
    bool trashed = stored.value.state == Volume::State::trashed || stored.value.state == Volume::State::purging;
    if (trashed == trash) list.push(to_json(stored.value));
  }
  return Json::object().set("volumes", list);
}

Result<ForcedRelease> forced_release_from_json(const Json& json) {
  Reader reader(json, "release");
  ForcedRelease request;
  request.node = reader.optional_string("node");
  request.force = reader.optional_bool("force", false);
  TRY_STATUS(reader.finish());
  return request;
}

Result<Json> release(const Services& s, const http::Request& request) {
  TRY(body, parse_body(request, forced_release_from_json));
  body.volume = request.param("name");
  body.by = asker_of(request);
  TRY(volume, release_by_force(s.context, s.journal, s.sessions, body));
  return to_json(volume);
}

http::Response create(const Services& s, const http::Request& request) {
  auto body = parse_body(request, create_volume_from_json);
  if (!body) return http::Response::error(body.error());
  if (auto own = check_speaks_for(request, body->node); !own) return http::Response::error(own.error());
  if (body->by.empty() || !request.peer.uid) body->by = asker_of(request);
  auto made = create_volume(s.context, s.journal, *body, s.policy.first_grants(*body));
  if (!made) return http::Response::error(made.error());
  return http::Response::json(to_json(made->volume), made->existed ? 200 : 201);
}

}  // namespace

void add_volume_routes(Routes& routes, const Services& s) {
  routes.on(Caller::nodes, "GET", "/v1/volumes",
            [s](const http::Request& request) { return respond(list_volumes(s, request.query.count("trash") != 0)); });
  routes.on(Caller::nodes, "POST", "/v1/volumes", [s](const http::Request& request) { return create(s, request); });
  routes.on(Caller::nodes, "GET", "/v1/volumes/{name}", [s](const http::Request& request) {
    return respond(
        s.context.state.volume(request.param("name")).map([](const auto& stored) { return to_json(stored.value); }));
  });
  routes.on(Caller::nodes, "DELETE", "/v1/volumes/{name}", [s](const http::Request& request) {
    auto trashed = move_to_trash(s.context, request.param("name"), asker_of(request));
    return respond(trashed.map([](const Volume& volume) {
      return Json(Json::object().set("id", volume.id).set("purge_after", volume.purge_after));
    }));
  });
}

void add_forced_release_route(Routes& routes, const Services& s) {
  routes.on(Caller::operators, "POST", "/v1/volumes/{name}/release",
            [s](const http::Request& request) { return respond(release(s, request)); });
}

void add_trash_routes(Routes& routes, const Services& s) {
  routes.on(Caller::operators, "POST", "/v1/trash/{which}/restore", [s](const http::Request& request) {
    std::string name;
    if (!request.body.empty()) {
      auto body = Json::parse(request.body);
      if (!body) return http::Response::error(body.error());
      name = (*body)["name"].as_string();
    }
    auto restored = restore(s.context, request.param("which"), name, asker_of(request));
    return respond(restored.map([](const Volume& volume) { return to_json(volume); }));
  });
  routes.on(Caller::operators, "DELETE", "/v1/trash/{which}", [s](const http::Request& request) {
    return respond(purge(s.context, s.journal, request.param("which"), asker_of(request)));
  });
}

}  // namespace polly::swarm::v1
