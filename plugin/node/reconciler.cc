#include "plugin/node/reconciler.h"

#include <algorithm>

#include "base/log.h"
#include "plugin/node/judge.h"

namespace polly::node {

void Reconciler::wake_unsettled(const LanePtr& lane) {
  {
    Lock lock(lane->mutex);
    const auto& record = lane->record();
    bool leaving = std::ranges::count(record.mounts, MountRecord::State::unmounting, &MountRecord::state) > 0;
    bool needless = record.mounts.empty() && !record.directory.empty();
    if (lane->recovering || lane->settling || !(leaving || needless)) return;
  }
  settler_.wake(lane);
}

void Reconciler::round() {
  for (const auto& lane : parts_.lanes.all()) wake_unsettled(lane);
  for (const auto& lane : parts_.lanes.all())
    if (!look_at(lane)) return;
}

bool Reconciler::look_at(const LanePtr& lane) {
  // The journal first: a mount that comes after it is in neither.
  std::vector<MountRecord> mounts;
  auto now = parts_.clock.boottime();
  {
    Lock lock(lane->mutex);
    if (lane->recovering) return true;
    mounts = lane->record().mounts;
  }
  bool some_old = std::ranges::any_of(mounts, [&](const MountRecord& mount) {
    return mount.state == MountRecord::State::mounted && now.count() - mount.at > parts_.limits.judged_after.count();
  });
  if (!some_old) return true;
  auto containers = containers_.with_volume(lane->name);
  if (!containers) {
    log::debug("engine cannot be asked volume={}: {}", lane->name, containers.error().message);
    return false;
  }
  std::vector<std::string> ids;
  for (const auto& dead : find_dead(mounts, *containers, now, parts_.limits.judged_after)) {
    log::warn("mount is dead, no Unmount came volume={} mount={}: {}", lane->name, dead.mount_id, dead.why);
    ids.push_back(dead.mount_id);
  }
  if (!ids.empty()) settler_.undo_all(lane, ids);
  return true;
}

}  // namespace polly::node
