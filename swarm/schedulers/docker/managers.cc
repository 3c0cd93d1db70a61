#include "swarm/schedulers/docker/managers.h"

namespace polly::swarm::docker {
namespace {

constexpr std::chrono::seconds call_limit{2};
constexpr size_t longest_event = 1 << 20;

}  // namespace

std::string filters(const Json& value) {
  return "?filters=" + http::encode_segment(value.dump());
}

Result<Managers> Managers::make(const std::vector<std::string>& endpoints) {
  Managers managers;
  for (const auto& text : endpoints) {
    TRY(endpoint, http::Endpoint::parse(text, 2375));
    managers.clients_.push_back(std::make_unique<http::Client>(endpoint));
  }
  if (managers.clients_.empty()) return fail(Code::invalid, "no manager is named; add one to `managers`");
  return managers;
}

Result<http::Response> Managers::ask(size_t manager, const http::Call& call) {
  auto response = clients_[manager]->call(call);
  if (!response) return fail(Code::unavailable, "Swarm manager {}: {}", address(manager), response.error().message);
  if (response->status == 503)  // a worker, or a manager without a leader
    return fail(Code::unavailable, "{} does not answer as a Swarm manager", address(manager));
  return response;
}

Result<Json> Managers::read(size_t manager, const std::string& path, const http::Response& response) const {
  if (response.status == 404) return fail(Code::not_found, "Swarm knows nothing at {}", path);
  if (response.status != 200)
    return fail(Code::unavailable, "Swarm manager {} answers {} to {}", address(manager), response.status, path);
  return Json::parse(response.body);
}

Result<Json> Managers::get(const std::string& path) {
  Error last{Code::unavailable, "no Swarm manager answers"};
  size_t first = last_good_->load();
  for (size_t i = 0; i < clients_.size(); ++i) {
    size_t index = (first + i) % clients_.size();
    http::Call call;
    call.path = path;
    call.timeout = call_limit;
    auto response = ask(index, call);
    if (!response) {
      last = response.error();
      continue;
    }
    last_good_->store(index);
    return read(index, path, *response);
  }
  return fail(last);
}

Result<Json> Managers::get_from(size_t manager, const std::string& path, std::chrono::milliseconds timeout,
                                const std::stop_token& stop) {
  http::Call call;
  call.path = path;
  call.timeout = timeout;
  call.stop = stop;
  TRY(response, ask(manager, call));
  return read(manager, path, response);
}

// An engine sends the head of its answer a moment before it subscribes. So that nothing is lost between the two, it is
// asked for all events since the second that its own clock shows now; it keeps some of the past for this.
Result<http::Lines> Managers::follow(size_t manager, const std::string& type, const std::stop_token& stop) {
  http::Call call;
  call.path = "/_ping";
  call.timeout = call_limit;
  call.stop = stop;
  TRY(ping, ask(manager, call));
  TRY(since, http::parse_date(ping.headers["date"]));
  call.path = "/events" + filters(Json::object().set("type", Json::array().push(type))) +
              fmt::format("&since={}", since.count());
  call.max_response = longest_event;
  auto events = clients_[manager]->follow(call);
  if (!events) return fail(Code::unavailable, "Swarm manager {}: {}", address(manager), events.error().message);
  return events;
}

}  // namespace polly::swarm::docker
