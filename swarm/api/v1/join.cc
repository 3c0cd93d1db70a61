#include "core/codec/identity.h"
#include "swarm/api/v1/api.h"

namespace polly::swarm::v1 {
namespace {

Result<Json> join(const Services& s, const http::Request& request) {
  TRY(body, parse_body(request, join_request_from_json));
  TRY(answer, s.admission.join(body, request.peer.address));
  return to_json(answer);
}

Json render(const TokenRecord& token) {
  Json json = to_json(token);
  return json.set("id", token.id());
}

Result<Json> make_token(const Services& s, const http::Request& request) {
  TRY(wishes, parse_body(request, token_wishes_from_json));
  TRY(made, s.admission.make_token(wishes, asker_of(request)));
  Json json = render(made.record);
  return json.set("token", made.text);
}

Result<Json> list_tokens(const Services& s) {
  TRY(tokens, s.admission.tokens());
  Json list = Json::array();
  for (const auto& token : tokens) list.push(render(token));
  return Json::object().set("tokens", list);
}

// The record first: from there on no call of the node counts. Then its silence, which lives in memory.
Status revoke(const Services& s, const http::Request& request) {
  const auto& node = request.param("node");
  TRY_STATUS(s.admission.revoke(node, asker_of(request)));
  s.sessions.silence(node);
  return {};
}

}  // namespace

void add_join_routes(Routes& routes, const Services& s) {
  routes.on(Caller::anybody, "POST", "/v1/join", [s](const http::Request& r) { return respond(join(s, r)); });
  routes.on(Caller::operators, "POST", "/v1/tokens",
            [s](const http::Request& r) { return respond(make_token(s, r), 201); });
  routes.on(Caller::operators, "GET", "/v1/tokens", [s](const http::Request&) { return respond(list_tokens(s)); });
  routes.on(Caller::operators, "DELETE", "/v1/tokens/{id}",
            [s](const http::Request& r) { return respond(s.admission.revoke_token(r.param("id"), asker_of(r))); });
  routes.on(Caller::operators, "POST", "/v1/nodes/{node}/revoke",
            [s](const http::Request& r) { return respond(revoke(s, r)); });
}

}  // namespace polly::swarm::v1
