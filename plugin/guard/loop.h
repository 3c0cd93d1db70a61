// A thread that does the same thing again and again, sooner when woken. Used by the guard and by the plugin.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include "base/mutex.h"

namespace polly::guard {

class Loop {
 public:
  // `step` answers how long to wait until the next one. It is never called twice at once.
  explicit Loop(std::function<std::chrono::milliseconds()> step);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void wake();  // the next step comes at once, also when one is at work
  // Returns when the step at work has ended. May be called twice.
  void stop();

 private:
  void run();

  std::function<std::chrono::milliseconds()> step_;
  Mutex mutex_;
  Condition changed_;
  bool woken_ POLLY_GUARDED_BY(mutex_) = false;
  bool stopping_ POLLY_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses the rest
};

// Grows from `first` by doubling to `most`; back to `first` when what was tried went well.
class Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds most) : first_(first), most_(most), next_(first) {}
  std::chrono::milliseconds next() {
    auto now = next_;
    next_ = std::min(next_ * 2, most_);
    return now;
  }
  void reset() { next_ = first_; }

 private:
  std::chrono::milliseconds first_;
  std::chrono::milliseconds most_;
  std::chrono::milliseconds next_;
};

}  // namespace polly::guard
