// Runs the plugin as a child, where the guard is the first process of a managed plugin.
//
//     running --exit--> waiting (0.1 s, doubling to 5 s) --> running        stop: TERM, 8 s later KILL
//
// Restarted children find their mounts by the journal. Children of children that died are taken in (subreaper) and
// reaped.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/result.h"
#include "plugin/guard/loop.h"

namespace polly::guard {

class Supervisor {
 public:
  // Nothing runs while `command` is empty.
  explicit Supervisor(std::vector<std::string> command);
  ~Supervisor() { stop(); }

  void reap();  // after each SIGCHLD, from the thread that waits for signals
  void stop();  // ends the child and waits for it

 private:
  std::chrono::milliseconds step();
  Result<pid_t> spawn() const;
  void collect();
  bool child_gone();

  const std::vector<std::string> command_;
  Backoff backoff_{std::chrono::milliseconds(100), std::chrono::seconds(5)};  // the loop's alone, like the next
  Millis started_{0};
  Mutex mutex_;
  Condition changed_;
  pid_t child_ POLLY_GUARDED_BY(mutex_) = 0;
  bool stopping_ POLLY_GUARDED_BY(mutex_) = false;
  Loop loop_;
};

}  // namespace polly::guard
