// After a start: the journal compared with what is true on this machine.
//
//     record of another boot             its mounts are gone with that boot, and the coordinator knows
//     mounting                           Docker's call died with the former process: undone
//     unmounting                         finished
//     mounted                            stays; whether its container lives, reconcile finds out
//     staged and nothing mounted         taken off
//     mounted below our directory, and   stays mounted, and is reported: we cannot know who uses it
//     no record explains it
//
// Each volume is recovered by a thread of its own, with its turn; calls for it wait for that.
#pragma once

#include "plugin/node/journal.h"
#include "plugin/node/parts.h"
#include "plugin/node/settler.h"

namespace polly::node {

class Recovery {
 public:
  Recovery(Parts& parts, Settler& settler, Releaser& releaser)
      : parts_(parts), settler_(settler), releaser_(releaser) {}

  // Takes the records in: before any call is answered. Touches no platform.
  Status load(Journal& journal);
  // Begins the rest, behind the calls.
  void start();
  void look_for_unexplained();  // now and then, by one thread

 private:
  void recover(const LanePtr& lane);
  bool explains(const std::string& point) const;

  Parts& parts_;
  Settler& settler_;
  Releaser& releaser_;
};

// What a new boot leaves of a record: what the former one still had to tell the coordinator.
void drop_former_boot(VolumeRecord& record);

// Where the machine has it, whatever the record says; nowhere when that cannot be told. With the lane's turn.
drivers::Staged find_staged(Parts& parts, Lane& lane);

}  // namespace polly::node
