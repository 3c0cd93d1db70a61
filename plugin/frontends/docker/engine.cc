#include "plugin/frontends/docker/engine.h"

#include <algorithm>

#include "core/model/version.h"

namespace polly::node {
namespace {

constexpr const char* task_label = "com.docker.swarm.task.id";

ListedContainer read_container(const Json& entry) {
  ListedContainer container;
  container.id = entry["Id"].as_string();
  container.state = entry["State"].as_string();
  container.task = entry["Labels"][task_label].as_string();
  if (const auto& names = entry["Names"].as_array(); !names.empty()) container.name = names.front().as_string();
  if (!container.name.empty() && container.name.front() == '/') container.name.erase(0, 1);
  for (const auto& mount : entry["Mounts"].as_array())
    if (const auto& name = mount["Name"].as_string(); !name.empty()) container.volumes.push_back(name);
  return container;
}

http::Call get(std::string path, std::chrono::milliseconds limit) {
  http::Call call;
  call.path = std::move(path);
  call.timeout = limit;
  return call;
}

}  // namespace

Result<std::vector<ListedContainer>> Engine::with_volume(const std::string& volume, std::chrono::milliseconds limit) {
  Json filters;
  filters.set("volume", Json::array().push(volume));
  TRY(response, client_.call(get("/containers/json?all=1&filters=" + http::encode_segment(filters.dump()), limit)));
  if (response.status != 200)
    return fail(Code::internal, "the engine refused to list containers (HTTP {}): {}", response.status,
                response.body.substr(0, 200));
  TRY(list, Json::parse(response.body));
  std::vector<ListedContainer> containers;
  for (const auto& entry : list.as_array()) {
    auto container = read_container(entry);
    // The engine's filter also takes a mount point's path for a name.
    bool uses = std::ranges::find(container.volumes, volume) != container.volumes.end();
    if (uses && !container.id.empty()) containers.push_back(std::move(container));
  }
  return containers;
}

Inspection Engine::inspect(const std::string& container, std::chrono::milliseconds limit) {
  auto response = client_.call(get("/containers/" + http::encode_segment(container) + "/json", limit));
  if (!response) return {Inspection::Outcome::silent, false};
  if (response->status == 404) return {Inspection::Outcome::unknown, false};
  auto json = Json::parse(response->body);
  if (response->status != 200 || !json) return {Inspection::Outcome::silent, false};
  const auto& state = (*json)["State"];
  bool alive = state["Running"].as_bool() || state["Paused"].as_bool() || state["Restarting"].as_bool();
  return {Inspection::Outcome::answered, alive};
}

Result<EngineFacts> Engine::facts(std::chrono::milliseconds limit) {
  TRY(response, client_.call(get("/info", limit)));
  if (response.status != 200) return fail(Code::unavailable, "the engine answers with HTTP {}", response.status);
  TRY(json, Json::parse(response.body));
  return EngineFacts{json["Swarm"]["NodeID"].as_string(), json["ServerVersion"].as_string(), std::string(version())};
}

}  // namespace polly::node
