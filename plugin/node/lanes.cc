#include "plugin/node/lanes.h"

#include <algorithm>

namespace polly::node {
namespace {

constexpr long held_by_maps = 2;  // of a lane that nobody uses: by id, and by name

}  // namespace

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

// With the maps locked nobody can come by a lane that only they hold, so it stays unused.
void Lanes::sweep() {
  Lock lock(mutex_);
  std::erase_if(by_id_, [this](auto& entry) POLLY_REQUIRES(mutex_) {
    auto& lane = entry.second;
    if (lane.use_count() > held_by_maps || !lane->at_rest()) return false;
    auto [begin, end] = by_name_.equal_range(lane->name);
    auto named = std::find_if(begin, end, [&](const auto& other) { return other.second == lane; });
    if (named != end) by_name_.erase(named);
    return true;
  });
}

std::string Lanes::mountpoint(const std::string& name) const {
  Lock lock(mountpoints_mutex_);
  auto found = mountpoints_.lower_bound({name, ""});
  return found == mountpoints_.end() || found->first.first != name ? "" : found->second;
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
    mountpoints_.erase({lane.name, lane.id});
  else
    mountpoints_[{lane.name, lane.id}] = path;
}

}  // namespace polly::node
