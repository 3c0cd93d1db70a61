// Brings a volume's local state to rest: unpublishes what is on its way out, takes the device off when it was the last,
// and hands the releases on. Unmount, a failed Mount, recovery and reconcile all end here.
//
//     unmounting --unpublish--> (others live) ------------------> release owed
//                          `--> (none live) --unstage: gone-----> releases owed
//                                     ^       `-busy: later again-'
//
// The coordinator is told only when the device is truly gone, since it gives the volume to the next node then. A crash
// anywhere leaves `unmounting` in the journal, and recovery comes here again.
#pragma once

#include <atomic>

#include "plugin/node/parts.h"
#include "plugin/node/releaser.h"

namespace polly::node {

class Settler {
 public:
  Settler(Parts& parts, Releaser& releaser) : parts_(parts), releaser_(releaser) {}

  // Marks the mount as on its way out, on file too, and goes to work. What is not there is done already.
  void undo(const LanePtr& lane, const std::string& mount_id);
  // The same for many: one journal write.
  void undo_all(const LanePtr& lane, const std::vector<std::string>& mount_ids);
  void wake(const LanePtr& lane);  // there may be something to settle
  // True when no reference of that id is left here.
  bool wait_gone(Lane& lane, const std::string& mount_id, Deadline deadline);
  void stop();  // no retries any more

 private:
  void work(const LanePtr& lane);
  // With the turn. True when nothing is left to do.
  bool settle(const LanePtr& lane);
  bool take_off(Lane& lane, drivers::NodeHalf& half, const std::string& directory);
  void finish(const LanePtr& lane, const std::vector<std::string>& unpublished);
  bool pause(Lane& lane, std::chrono::milliseconds delay);

  Parts& parts_;
  Releaser& releaser_;
  std::atomic<bool> stopping_{false};
};

// Removes the directories of a volume that is not mounted any more. What is not empty stays.
void remove_directories(const std::string& mounts, const std::string& volume_id);

}  // namespace polly::node
