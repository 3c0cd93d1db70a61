#include "swarm/client/api.h"

#include <algorithm>

namespace polly::client {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr size_t none = static_cast<size_t>(-1);
constexpr std::chrono::milliseconds probe_timeout{2'000};

std::chrono::milliseconds left(SteadyClock::time_point deadline) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now());
}

// A header ends at its line: whatever else a name holds must not begin another one.
std::string as_header(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return text;
}

}  // namespace

Api::Api(CoordinatorOptions options) : last_good_(none) {
  for (auto& endpoint : options.endpoints)
    clients_.push_back(std::make_unique<http::Client>(std::move(endpoint), options.tls));
}

// Where to begin. While no endpoint is known to answer, a short probe keeps one that swallows packets from using up the
// time of a call that has others to turn to.
size_t Api::first_choice(SteadyClock::time_point deadline) {
  size_t good = last_good_;
  if (good != none || clients_.size() == 1) return good == none ? 0 : good;
  for (size_t i = 0; i < clients_.size(); ++i) {
    auto time = std::min(probe_timeout, left(deadline));
    if (time.count() <= 0) break;
    if (send_to(i, {.path = "/v1/version"}, time)) return i;
  }
  return 0;
}

Result<http::Response> Api::send_to(size_t endpoint, const ApiCall& call, std::chrono::milliseconds timeout) {
  http::Call request;
  request.method = call.method;
  request.path = call.path;
  request.timeout = timeout;
  if (!call.body.is_null()) request.body = call.body.dump();
  if (!call.by.empty()) request.headers["Polly-By"] = as_header(call.by);
  return clients_[endpoint]->call(request);
}

Result<http::Response> Api::send(const ApiCall& call) {
  if (clients_.empty()) return fail(Code::invalid, "cannot reach the coordinator: no address is configured");
  auto deadline = SteadyClock::now() + call.timeout;
  size_t first = first_choice(deadline);
  Error last{Code::timeout, "no time was left"};
  for (size_t tried = 0; tried < clients_.size(); ++tried) {
    size_t i = (first + tried) % clients_.size();
    auto time = left(deadline);
    if (time.count() <= 0) break;
    auto response = send_to(i, call, time);
    if (response) {
      last_good_ = i;
      return response;
    }
    last = std::move(response).error();
    last_good_ = none;
    // Only a call that was never sent is sent elsewhere: another may be at work on it already.
    if (last.code != Code::unavailable) break;
  }
  return last.code == Code::unavailable ? fail_with(last, "cannot reach the coordinator")
                                        : fail_with(last, "the coordinator gave no answer");
}

Result<Json> Api::call(const ApiCall& call) {
  TRY(response, send(call));
  if (response.status < 200 || response.status > 299) return fail(http::error_of(response));
  if (response.body.empty()) return Json::object();
  auto body = Json::parse(response.body);
  if (!body || !body->is_object())
    return fail(Code::corrupt, "cannot read the coordinator's answer to {} {}: {}; is the address a coordinator's?",
                call.method, call.path, body ? "it is no JSON object" : body.error().message);
  return body;
}

}  // namespace polly::client
