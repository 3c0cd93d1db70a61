#include "swarm/operations/grants.h"

#include "core/codec/reader.h"
#include "core/codec/records.h"
#include "swarm/api/v1/api.h"

namespace polly::swarm::v1 {
namespace {

Result<Json> give(const Services& s, const http::Request& request) {
  TRY(body, Json::parse(request.body));
  Reader reader(body, "cannot grant volume '" + request.param("name") + "'");
  if (!reader.has("to")) reader.complain("to", "is missing");
  auto to = reader.parsed("to", ServicePattern::parse, ServicePattern{});
  auto access = reader.parsed("access", parse_access, Access::read_write);
  TRY_STATUS(reader.finish());
  TRY(volume, give_grant(s.context, request.param("name"), to, access, asker_of(request)));
  return to_json(volume);
}

Result<Json> take(const Services& s, const http::Request& request) {
  auto to = request.query.find("to");
  TRY(from, ServicePattern::parse(to == request.query.end() ? "" : to->second));
  TRY(revoked, take_grant(s.context, request.param("name"), from, asker_of(request)));
  Json mounted = Json::array();
  for (const auto& [node, mount] : revoked.still_mounted) {
    Json entry = to_json(mount);
    mounted.push(entry.set("node", node));
  }
  return Json::object().set("volume", to_json(revoked.volume)).set("still_mounted", mounted);
}

}  // namespace

void add_grant_routes(Routes& routes, const Services& s) {
  routes.on(Caller::operators, "POST", "/v1/volumes/{name}/grants",
            [s](const http::Request& r) { return respond(give(s, r)); });
  routes.on(Caller::operators, "DELETE", "/v1/volumes/{name}/grants",
            [s](const http::Request& r) { return respond(take(s, r)); });
}

}  // namespace polly::swarm::v1
