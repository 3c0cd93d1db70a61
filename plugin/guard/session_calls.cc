#include "plugin/guard/session_calls.h"

#include "core/codec/claims.h"

namespace polly::guard {
namespace {

// A heartbeat that takes longer is better sent anew.
constexpr std::chrono::milliseconds call_limit{3'000};

bool another_may_answer(const Error& error) {
  return error.code == Code::unavailable || error.code == Code::timeout || error.code == Code::unknown_outcome;
}

std::string node_path(const std::string& node) {
  return "/v1/nodes/" + http::encode_segment(node);
}

}  // namespace

SessionCalls::SessionCalls(const std::vector<http::Endpoint>& coordinators, const tls::ClientSource& tls) {
  for (const auto& endpoint : coordinators) clients_.push_back(std::make_unique<http::Client>(endpoint, tls));
}

Result<SessionGrant> SessionCalls::open(const OpenSession& request) {
  TRY(answer, post(node_path(request.node) + "/session", to_json(request)));
  return session_grant_from_json(answer);
}

Status SessionCalls::heartbeat(const std::string& node, const std::string& session) {
  TRY_STATUS(post(node_path(node) + "/heartbeat", Json::object().set("session", session)));
  return {};
}

Result<Json> SessionCalls::post(const std::string& path, const Json& body) {
  http::Call call;
  call.method = "POST";
  call.path = path;
  call.body = body.dump();
  call.timeout = call_limit;
  Error last{Code::unavailable, "no coordinator is named"};
  for (size_t i = 0; i < clients_.size(); ++i) {
    size_t asked = (answering_ + i) % clients_.size();
    auto response = clients_[asked]->call(call);
    if (response && response->status < 300) {
      answering_ = asked;
      return response->body.empty() ? Json::object() : Json::parse(response->body);
    }
    last = response ? http::error_of(*response) : response.error();
    if (!another_may_answer(last)) break;
  }
  return fail(last);
}

}  // namespace polly::guard
