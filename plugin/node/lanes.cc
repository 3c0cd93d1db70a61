#include "plugin/node/lanes.h"

namespace polly::node {

LanePtr Lanes::open(const std::string& volume_id, const std::string& name) {
  Lock lock(mutex_);
  if (auto found = by_id_.find(volume_id); found != by_id_.end()) return found->second;
  VolumeRecord record;
  record.id = volume_id;
  record.name = name;
  auto lane = std::make_shared<Lane>(std::move(record), journal_, false);
  by_id_.emplace(volume_id, lane);
  by_name_.emplace(name, lane);
  return lane;
}

LanePtr Lanes::adopt(VolumeRecord record, bool recovering) {
  auto lane = std::make_shared<Lane>(std::move(record), journal_, recovering);
  {
    Lock lock(mutex_);
    by_id_[lane->id] = lane;
    by_name_.emplace(lane->name, lane);
  }
  Lock lock(lane->mutex);
  note_mountpoint(*lane);
  return lane;
}

std::vector<LanePtr> Lanes::named(const std::string& name) const {
  Lock lock(mutex_);
  std::vector<LanePtr> found;
  auto [begin, end] = by_name_.equal_range(name);
  for (auto entry = begin; entry != end; ++entry) found.push_back(entry->second);
  return found;
}

LanePtr Lanes::with_mount(const std::string& name, const std::string& mount_id) const {
  for (auto& lane : named(name)) {
    Lock lock(lane->mutex);
    if (lane->record().find(mount_id)) return lane;
  }
  return nullptr;
}

std::vector<LanePtr> Lanes::all() const {
  Lock lock(mutex_);
  std::vector<LanePtr> lanes;
  for (const auto& [id, lane] : by_id_) lanes.push_back(lane);
  return lanes;
}

std::string Lanes::mountpoint(const std::string& name) const {
  Lock lock(mountpoints_mutex_);
  auto found = mountpoints_.find(name);
  return found == mountpoints_.end() ? "" : found->second;
}

void Lanes::note_mountpoint(Lane& lane) {
  std::string path;
  for (const auto& mount : lane.record().mounts) {
    if (mount.state != MountRecord::State::mounted) continue;
    path = mount.path;
    break;
  }
  Lock lock(mountpoints_mutex_);
  if (path.empty())
    mountpoints_.erase(lane.name);
  else
    mountpoints_[lane.name] = path;
}

}  // namespace polly::node
