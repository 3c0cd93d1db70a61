#include "plugin/frontends/docker/docker_containers.h"

#include <algorithm>

namespace polly::node {
namespace {

constexpr std::chrono::milliseconds list_limit{2'000};
constexpr Prober::Limits probe_limits{std::chrono::milliseconds(1'000), std::chrono::milliseconds(1'000)};

ContainerView::State state_of(const Inspection& inspection) {
  if (inspection.outcome != Inspection::Outcome::answered) return ContainerView::State::busy;
  return inspection.alive ? ContainerView::State::alive : ContainerView::State::stopped;
}

}  // namespace

Result<std::vector<ContainerView>> DockerContainers::with_volume(const std::string& name) {
  TRY(listed, engine_.with_volume(name, list_limit));
  std::vector<std::string> ids;
  for (const auto& container : listed) ids.push_back(container.id);
  auto inspections = prober_.probe(ids, probe_limits);
  std::vector<ContainerView> views;
  for (size_t i = 0; i < ids.size(); ++i)
    views.push_back({ids[i], state_of(inspections[i]), static_cast<int>(std::ranges::count(listed[i].volumes, name))});
  return views;
}

}  // namespace polly::node
