#include "swarm/operations/grants.h"

#include "core/codec/reader.h"
#include "core/codec/records.h"
#include "core/model/time.h"
#include "swarm/api/v1/api.h"

namespace polly::swarm::v1 {
namespace {

Result<Json> give(const Services& s, const http::Request& request) {
  TRY(body, Json::parse(request.body));
  Reader reader(body, "cannot grant volume '" + request.param("name") + "'");
  if (!reader.has("to")) reader.complain("to", "is missing");
  Grant grant;
  grant.to = reader.parsed("to", ServicePattern::parse, ServicePattern{});
  grant.access = reader.parsed("access", parse_access, Access::read_write);
  grant.by = asker_of(request);
  auto expiry = [&](std::string_view text) { return parse_expiry(text, now(s.context)); };
  grant.expires = reader.parsed("expires", expiry, int64_t{0});
  bool pin = reader.optional_bool("pin", false);
  TRY_STATUS(reader.finish());
  if (pin) {
    TRY(id, s.policy.present_id(grant.to));
    grant.pin = id;
  }
  TRY(volume, give_grant(s.context, request.param("name"), grant));
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
