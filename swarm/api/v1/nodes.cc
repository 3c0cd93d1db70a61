#include "core/codec/claims.h"
#include "core/codec/reader.h"
#include "core/codec/records.h"
#include "swarm/api/v1/api.h"

namespace polly::swarm::v1 {
namespace {

// A request that speaks for the node in its path and for no other.
template <class T>
Result<T> parse_own(const http::Request& request, Result<T> (*from_json)(const Json&)) {
  TRY(body, parse_body(request, from_json));
  if (body.node != request.param("node"))
    return fail(Code::invalid, "the body speaks for node '{}', the path for '{}'", body.node, request.param("node"));
  return body;
}

Result<Json> open_session(const Services& s, const http::Request& request) {
  TRY(body, parse_own(request, open_session_from_json));
  TRY(grant, s.sessions.open(body, request.peer.address));
  // A new boot: what the node held before is proven gone. What fails here comes up again with the next sweep.
  TRY(volumes, s.context.state.volumes());
  release_gone(s.context, s.journal, body.node, nullptr, volumes);
  return to_json(grant);
}

Status heartbeat(const Services& s, const http::Request& request) {
  TRY(body, Json::parse(request.body));
  return s.sessions.heartbeat(request.param("node"), body["session"].as_string());
}

Status report_engine(const Services& s, const http::Request& request) {
  TRY(facts, parse_body(request, engine_facts_from_json));
  const auto& name = request.param("node");
  TRY(node, s.context.state.node(name));
  bool old_id_is_gone = false;
  const auto& bound = node.value.swarm_node_id;
  if (!bound.empty() && bound != facts.swarm_node_id && !s.schedulers.empty()) {
    auto member = s.schedulers.front()->is_member(bound);
    old_id_is_gone = member && !*member;
  }
  auto session = request.query.find("session");
  return s.sessions.report_engine(name, session == request.query.end() ? "" : session->second, facts, old_id_is_gone);
}

Result<Json> inventory(const Services& s, const http::Request& request) {
  TRY(body, parse_own(request, inventory_from_json));
  TRY_STATUS(s.sessions.admit_inventory(body));
  // Before anything else: what is recorded from here on is not measured by this inventory.
  TRY(volumes, s.context.state.volumes());
  InventoryAnswer answer;
  for (const auto& held : body.held) {
    auto volume = s.context.state.volume_by_id(held.volume_id);
    const auto* attachment = volume ? volume->value.attachment_on(body.node) : nullptr;
    for (const auto& id : held.mounts) {
      bool known = false;
      if (attachment != nullptr)
        for (const auto& mount : attachment->mounts) known = known || mount.id == id;
      if (!known) answer.unknown_mounts.push_back(id);
    }
  }
  answer.released_mounts = release_gone(s.context, s.journal, body.node, &body, volumes);
  return to_json(answer);
}

// Null for a node that comes by the socket.
Result<Json> certificate_of(const Services& s, const std::string& node) {
  TRY(found, s.context.state.find_certificate(node));
  if (!found) return Json();
  return Json::object()
      .set("serial", found->value.serial)
      .set("issued", found->value.issued)
      .set("expires", found->value.expires)
      .set("revoked", found->value.revoked);
}

Json render(const NodeReport& report, const std::vector<store::Stored<Volume>>& volumes, Json certificate) {
  Json attachments = Json::array();
  for (const auto& stored : volumes)
    if (stored.value.attachment_on(report.node.name) != nullptr) attachments.push(stored.value.name);
  Json json = to_json(report.node);
  return json.set("live", report.live)
      .set("since_heartbeat_ms", static_cast<int64_t>(report.silent_for.count()))
      .set("attachments", attachments)
      .set("certificate", std::move(certificate));
}

Result<Json> list_nodes(const Services& s) {
  TRY(reports, s.sessions.report());
  TRY(volumes, s.context.state.volumes());
  Json list = Json::array();
  for (const auto& report : reports) {
    TRY(certificate, certificate_of(s, report.node.name));
    list.push(render(report, volumes, certificate));
  }
  return Json::object().set("nodes", list);
}

Result<Json> show_node(const Services& s, const std::string& name) {
  TRY_STATUS(s.context.state.node(name));
  TRY(nodes, list_nodes(s));
  for (const auto& node : nodes["nodes"].as_array())
    if (node["name"].as_string() == name) return node;
  return fail(Code::not_found, "no node '{}' has joined; `polly node ls` lists them", name);
}

}  // namespace

void add_node_routes(Routes& routes, const Services& s) {
  routes.on(Caller::operators, "GET", "/v1/nodes", [s](const http::Request&) { return respond(list_nodes(s)); });
  routes.on(Caller::operators, "GET", "/v1/nodes/{node}",
            [s](const http::Request& r) { return respond(show_node(s, r.param("node"))); });
  routes.on(Caller::nodes, "POST", "/v1/nodes/{node}/session",
            [s](const http::Request& r) { return respond(open_session(s, r)); });
  routes.on(Caller::nodes, "POST", "/v1/nodes/{node}/heartbeat",
            [s](const http::Request& r) { return respond(heartbeat(s, r)); });
  routes.on(Caller::nodes, "PUT", "/v1/nodes/{node}/engine",
            [s](const http::Request& r) { return respond(report_engine(s, r)); });
  routes.on(Caller::nodes, "POST", "/v1/nodes/{node}/inventory",
            [s](const http::Request& r) { return respond(inventory(s, r)); });
}

}  // namespace polly::swarm::v1
