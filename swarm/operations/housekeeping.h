// What the coordinator does by itself: resumes operations, releases what nodes held before a reboot, empties the trash,
// forgets old events.
#pragma once

#include <thread>

#include "base/mutex.h"
#include "swarm/operations/journal.h"
#include "swarm/sessions/sessions.h"

namespace polly::swarm {

class Housekeeping {
 public:
  Housekeeping(const Context& context, Journal& journal, Sessions& sessions);
  ~Housekeeping();
  Housekeeping(const Housekeeping&) = delete;
  Housekeeping& operator=(const Housekeeping&) = delete;

 private:
  void work();
  void sweep();
  // Waits for the next round; false when it is time to stop.
  bool pause();

  const Context& context_;
  Journal& journal_;
  Sessions& sessions_;
  Mutex mutex_;
  Condition stop_asked_;
  bool stopping_ POLLY_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace polly::swarm
