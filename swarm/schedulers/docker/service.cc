#include "swarm/schedulers/docker/service.h"

#include <algorithm>

namespace polly::swarm::docker {
namespace {

void add_sources(std::vector<std::string>& sources, const Json& spec) {
  for (const auto& mount : spec["TaskTemplate"]["ContainerSpec"]["Mounts"].as_array())
    if (mount["Type"].as_string() == "volume") sources.push_back(mount["Source"].as_string());
}

}  // namespace

Result<SwarmService> SwarmService::from_json(const Json& json) {
  SwarmService service;
  const auto& spec = json["Spec"];
  service.id = json["ID"].as_string();
  if (service.id.empty() || spec["Name"].as_string().empty())
    return fail(Code::unavailable, "what a Swarm manager shows as a service has no id or no name");
  add_sources(service.sources, spec);
  add_sources(service.sources, json["PreviousSpec"]);
  return service;
}

bool SwarmService::could_mount(const std::string& volume) const {
  return std::any_of(sources.begin(), sources.end(),
                     [&](const std::string& source) { return could_become(source, volume); });
}

// An expression may eat the blanks beside it ("{{-"); no name of a volume holds any.
bool could_become(std::string_view source, std::string_view volume) {
  const auto open = source.find("{{");
  if (open == std::string_view::npos) return source == volume;
  const auto close = source.rfind("}}");
  std::string_view before = source.substr(0, open);
  std::string_view after = close == std::string_view::npos || close < open ? "" : source.substr(close + 2);
  constexpr std::string_view blanks = " \t\r\n";
  before = before.substr(0, before.find_last_not_of(blanks) + 1);
  after.remove_prefix(std::min(after.find_first_not_of(blanks), after.size()));
  return volume.size() >= before.size() + after.size() && volume.starts_with(before) && volume.ends_with(after);
}

}  // namespace polly::swarm::docker
