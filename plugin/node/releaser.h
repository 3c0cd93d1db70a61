// Tells the coordinator of mounts that are gone: in order for each volume, again and again until it has heard. What is
// owed stands in the journal, so a restart goes on with it.
//
// A few threads for all volumes; a call that hangs holds one of them for ten seconds at most. A Mount tells what its
// own volume owes by itself (flush), so no volume ever waits for another's release.
#pragma once

#include <map>
#include <string>
#include <thread>
#include <vector>

#include "plugin/node/parts.h"

namespace polly::node {

class Releaser {
 public:
  explicit Releaser(Parts& parts, int senders = 4);
  ~Releaser() { stop(); }

  void wake(const LanePtr& lane);  // it owes something
  // Tells it now, in the caller's thread. True when nothing is owed any more.
  bool flush(const LanePtr& lane, Deadline deadline);
  void stop();  // returns when the calls under way have ended

 private:
  struct Due {
    LanePtr lane;
    Deadline at;
    std::chrono::milliseconds delay;  // before the next try, if this one fails
  };

  void send_due();
  bool take_due(Due& due);
  // Sends all that the lane owes, oldest first, and stops at the first that does not go. True: nothing is owed.
  bool send_all(const LanePtr& lane, Deadline deadline);
  Status send(Lane& lane, const std::string& reference);

  Parts& parts_;
  Mutex mutex_;
  Condition changed_;
  std::map<std::string, Due> due_ POLLY_GUARDED_BY(mutex_);  // by volume id
  bool stopping_ POLLY_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> senders_;
};

}  // namespace polly::node
