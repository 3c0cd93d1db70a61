#include "plugin/node/judge.h"

#include <algorithm>
#include <map>

namespace polly::node {
namespace {

using Mounts = std::vector<const MountRecord*>;

void judge_unknown(const Mounts& mounts, const std::vector<ContainerView>& containers, std::vector<Dead>& dead) {
  bool user = std::ranges::any_of(
      containers, [](const ContainerView& container) { return container.state != ContainerView::State::stopped; });
  if (user) return;
  for (const auto* mount : mounts) dead.push_back({mount->id, "no container uses the volume"});
}

void judge_alive(Mounts mounts, int mount_points, std::vector<Dead>& dead) {
  auto excess = static_cast<int64_t>(mounts.size()) - mount_points;
  std::ranges::stable_sort(mounts, {}, &MountRecord::at);
  for (int64_t i = 0; i < excess; ++i)
    dead.push_back({mounts[static_cast<size_t>(i)]->id, "its container was started anew since"});
}

void judge_container(const Mounts& mounts, const ContainerView* container, std::vector<Dead>& dead) {
  if (container && container->state == ContainerView::State::busy) return;
  if (container && container->state == ContainerView::State::alive)
    return judge_alive(mounts, container->mount_points, dead);
  for (const auto* mount : mounts)
    dead.push_back({mount->id, container ? "its container has stopped" : "its container is gone"});
}

}  // namespace

std::vector<Dead> find_dead(const std::vector<MountRecord>& mounts, const std::vector<ContainerView>& containers,
                            std::chrono::milliseconds now, std::chrono::milliseconds young) {
  std::map<std::string, Mounts> by_container;
  for (const auto& mount : mounts)
    if (mount.state == MountRecord::State::mounted) by_container[mount.container].push_back(&mount);
  std::vector<Dead> dead;
  for (const auto& [id, of_container] : by_container) {
    if (id.empty()) {
      judge_unknown(of_container, containers, dead);
      continue;
    }
    auto seen = std::ranges::find(containers, id, &ContainerView::id);
    judge_container(of_container, seen == containers.end() ? nullptr : &*seen, dead);
  }
  std::erase_if(dead, [&](const Dead& one) {
    auto mount = std::ranges::find(mounts, one.mount_id, &MountRecord::id);
    return now.count() - mount->at <= young.count();
  });
  return dead;
}

}  // namespace polly::node
