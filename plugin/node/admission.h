// The gate between mounts and the inventory. The coordinator releases what an inventory does not name, so no mount may
// be asked for between the moment an inventory is taken and its answer: such a mount would be in neither.
//
//     closed (no inventory under this session yet) --answered--> open for that session --session changed--> closed
//
// Mounts whose decision is already being waited for are in the journal, hence in the inventory.
#pragma once

#include <functional>
#include <string>

#include "base/mutex.h"
#include "plugin/node/lane.h"

namespace polly::node {

class Admission {
 public:
  // `wanted` is called when somebody waits at a closed gate, with a lock held: it may only wake somebody.
  void on_wanted(std::function<void()> wanted);

  // True: checkpoint now, then leave(). False: no inventory was answered under this session before the deadline.
  bool enter(const std::string& session, Deadline deadline);
  void leave();

  // No mount is between enter() and leave() when this returns, and none enters before open().
  void close();
  void open(const std::string& session);
  std::string session() const;  // for which it is open; "" while closed

 private:
  mutable Mutex mutex_;
  std::function<void()> wanted_ POLLY_GUARDED_BY(mutex_);
  Condition changed_;
  std::string session_ POLLY_GUARDED_BY(mutex_);
  int inside_ POLLY_GUARDED_BY(mutex_) = 0;
};

}  // namespace polly::node
