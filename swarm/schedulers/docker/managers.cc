#include "swarm/schedulers/docker/managers.h"

namespace polly::swarm::docker {

Result<Managers> Managers::make(const std::vector<std::string>& endpoints) {
  Managers managers;
  for (const auto& text : endpoints) {
    TRY(endpoint, http::Endpoint::parse(text, 2375));
    managers.clients_.push_back(std::make_unique<http::Client>(endpoint));
  }
  if (managers.clients_.empty()) return fail(Code::invalid, "no manager is named; add one to `managers`");
  return managers;
}

Result<Json> Managers::get(const std::string& path) {
  Error last{Code::unavailable, "no Swarm manager answers"};
  size_t first = last_good_->load();
  for (size_t i = 0; i < clients_.size(); ++i) {
    size_t index = (first + i) % clients_.size();
    auto& client = *clients_[index];
    http::Call call;
    call.path = path;
    call.timeout = std::chrono::seconds(2);
    auto response = client.call(call);
    if (!response) {
      last.message = fmt::format("Swarm manager {}: {}", client.endpoint().text(), response.error().message);
      continue;
    }
    if (response->status == 503) {  // a worker, or a manager without a leader
      last.message = fmt::format("{} does not answer as a Swarm manager", client.endpoint().text());
      continue;
    }
    last_good_->store(index);
    if (response->status == 404) return fail(Code::not_found, "Swarm knows nothing at {}", path);
    if (response->status != 200)
      return fail(Code::unavailable, "Swarm manager {} answers {} to {}", client.endpoint().text(), response->status,
                  path);
    return Json::parse(response->body);
  }
  return fail(last);
}

}  // namespace polly::swarm::docker
