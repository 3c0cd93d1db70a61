// The lanes of all volumes that this node mounts or has mounted, and where each is found on this machine.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "plugin/node/lane.h"

namespace polly::node {

class Lanes {
 public:
  explicit Lanes(Journal& journal) : journal_(journal) {}

  LanePtr open(const std::string& volume_id, const std::string& name);  // made when there is none
  LanePtr adopt(VolumeRecord record, bool recovering);                  // from the journal, at start
  // A name may have been given again while the volume that bore it before is still being released: several.
  std::vector<LanePtr> named(const std::string& name) const;
  LanePtr with_mount(const std::string& name, const std::string& mount_id) const;  // null when none knows it
  std::vector<LanePtr> all() const;
  void sweep();  // forgets those that nobody uses and that have nothing left to do

  // Where containers find the volume, "" when it is not mounted here. From memory: it never waits for a disk.
  std::string mountpoint(const std::string& name) const;
  // Called with each change of a mount's state.
  void note_mountpoint(Lane& lane) POLLY_REQUIRES(lane.mutex);

 private:
  Journal& journal_;
  mutable Mutex mutex_;  // of the maps: held for look-ups only
  std::map<std::string, LanePtr> by_id_ POLLY_GUARDED_BY(mutex_);
  std::multimap<std::string, LanePtr> by_name_ POLLY_GUARDED_BY(mutex_);
  mutable Mutex mountpoints_mutex_;
  std::map<std::pair<std::string, std::string>, std::string> mountpoints_  // by name and volume id
      POLLY_GUARDED_BY(mountpoints_mutex_);
};

}  // namespace polly::node
