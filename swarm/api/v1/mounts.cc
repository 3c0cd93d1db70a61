#include "core/codec/claims.h"
#include "core/codec/records.h"
#include "swarm/api/v1/api.h"
#include "swarm/operations/format.h"

namespace polly::swarm::v1 {
namespace {

Result<Json> mount(const Services& s, const http::Request& request) {
  TRY(claim, parse_body(request, mount_claim_from_json));
  TRY_STATUS(check_speaks_for(request, claim.node));
  TRY(answer, s.policy.mount(claim));
  return to_json(answer);
}

Status release(const Services& s, const http::Request& request) {
  TRY(body, parse_body(request, release_from_json));
  TRY_STATUS(check_speaks_for(request, body.node));
  // From any session of that node: what an earlier one mounted may be released by a later one.
  TRY_STATUS(s.context.state.node(body.node));
  return release_mount(s.context, s.journal, body);
}

Status format(const Services& s, const http::Request& request) {
  TRY(step, parse_body(request, format_step_from_json));
  TRY_STATUS(check_speaks_for(request, step.node));
  TRY_STATUS(s.sessions.check(step.node, step.session));
  return record_format(s.context, step);
}

Result<Json> list_attachments(const Services& s) {
  TRY(volumes, s.context.state.volumes());
  Json list = Json::array();
  for (const auto& stored : volumes)
    for (const auto& attachment : stored.value.attachments) {
      Json entry = to_json(attachment);
      list.push(entry.set("volume", stored.value.name));
    }
  return Json::object().set("attachments", list);
}

Result<Json> list_mounts(const Services& s) {
  TRY(volumes, s.context.state.volumes());
  Json list = Json::array();
  for (const auto& stored : volumes)
    for (const auto& attachment : stored.value.attachments)
      for (const auto& entry : attachment.mounts) {
        Json json = to_json(entry);
        list.push(
            json.set("volume", stored.value.name).set("node", attachment.node).set("epoch", to_json(attachment.epoch)));
      }
  return Json::object().set("mounts", list);
}

}  // namespace

void add_mount_routes(Routes& routes, const Services& s) {
  routes.on(Caller::nodes, "POST", "/v1/mounts", [s](const http::Request& r) { return respond(mount(s, r)); });
  routes.on(Caller::nodes, "POST", "/v1/releases", [s](const http::Request& r) { return respond(release(s, r)); });
  routes.on(Caller::nodes, "POST", "/v1/formats", [s](const http::Request& r) { return respond(format(s, r)); });
  routes.on(Caller::operators, "GET", "/v1/attachments",
            [s](const http::Request&) { return respond(list_attachments(s)); });
  routes.on(Caller::operators, "GET", "/v1/mounts", [s](const http::Request&) { return respond(list_mounts(s)); });
}

}  // namespace polly::swarm::v1
