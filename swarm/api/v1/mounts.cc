#include "core/codec/claims.h"
#include "core/codec/records.h"
#include "swarm/api/v1/api.h"
#include "swarm/operations/format.h"

namespace polly::swarm::v1 {
namespace {

Result<Json> mount(const Services& s, const http::Request& request) {
  TRY(claim, parse_body(request, mount_claim_from_json));
  TRY(answer, s.policy.mount(claim));
  return to_json(answer);
}

Status release(const Services& s, const http::Request& request) {
  TRY(body, parse_body(request, release_from_json));
  // From any session of that node: what an earlier one mounted may be released by a later one.
  TRY_STATUS(s.context.state.node(body.node));
  return release_mount(s.context, s.journal, body);
}

Status format(const Services& s, const http::Request& request) {
  TRY(step, parse_body(request, format_step_from_json));
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

void add_mount_routes(http::Router& router, const Services& s) {
  router.on("POST", "/v1/mounts", [s](const http::Request& r) { return respond(mount(s, r)); });
  router.on("POST", "/v1/releases", [s](const http::Request& r) { return respond(release(s, r)); });
  router.on("POST", "/v1/formats", [s](const http::Request& r) { return respond(format(s, r)); });
  router.on("GET", "/v1/attachments", [s](const http::Request&) { return respond(list_attachments(s)); });
  router.on("GET", "/v1/mounts", [s](const http::Request&) { return respond(list_mounts(s)); });
}

}  // namespace polly::swarm::v1
