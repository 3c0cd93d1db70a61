// Compares the journal with the engine, at start and every ten seconds, and releases mounts whose container is dead.
// While the engine cannot be asked nothing is judged: its containers may well be running.
#pragma once

#include "plugin/node/containers.h"
#include "plugin/node/parts.h"
#include "plugin/node/settler.h"

namespace polly::node {

class Reconciler {
 public:
  Reconciler(Parts& parts, Settler& settler, Containers& containers)
      : parts_(parts), settler_(settler), containers_(containers) {}

  void round();  // called by one thread

 private:
  // What no thread was free for, or a defect forgot.
  void wake_unsettled(const LanePtr& lane);
  // False: the engine is silent, the round is over.
  bool look_at(const LanePtr& lane);

  Parts& parts_;
  Settler& settler_;
  Containers& containers_;
};

}  // namespace polly::node
