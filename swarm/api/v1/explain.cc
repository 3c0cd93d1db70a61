#include "core/codec/refusals.h"
#include "swarm/api/v1/api.h"

namespace polly::swarm::v1 {
namespace {

Json render(const Explanation& explanation) {
  const auto& ruling = explanation.ruling;
  Json json = Json::object();
  json.set("verdict", to_string(ruling.verdict))
      .set("rules", to_json(ruling.findings))
      .set("reason", ruling.findings.empty() ? "" : ruling.findings.back().text)
      .set("cure", ruling.cure)
      .set("exists", explanation.exists)
      .set("default_access", to_string(explanation.default_access));
  switch (ruling.verdict) {
    case Ruling::Verdict::allow:
      return json.set("access", to_string(ruling.access));
    case Ruling::Verdict::wait:
      return json.set("waits_for", ruling.waits_for);
    case Ruling::Verdict::refuse:
      return json.set("code", code_name(ruling.code));
  }
  return json;
}

Result<Json> explain(const Services& s, const http::Request& request) {
  TRY(question, parse_body(request, question_from_json));
  TRY(explanation, s.policy.explain(question));
  return render(explanation);
}

}  // namespace

void add_explain_routes(Routes& routes, const Services& s) {
  routes.on(Caller::operators, "POST", "/v1/explain", [s](const http::Request& r) { return respond(explain(s, r)); });
  routes.on(Caller::operators, "GET", "/v1/refusals/{id}", [s](const http::Request& r) {
    return respond(
        s.policy.refusals().find(r.param("id")).map([](const Refusal& refusal) { return to_json(refusal); }));
  });
}

}  // namespace polly::swarm::v1
