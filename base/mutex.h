// Locks that clang's thread-safety analysis can check. The lock stands beside what it guards:
//     Mutex mutex_;  int count_ POLLY_GUARDED_BY(mutex_);
// g++ ignores the annotations.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define POLLY_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define POLLY_THREAD_ATTRIBUTE(x)
#endif
#define POLLY_GUARDED_BY(x) POLLY_THREAD_ATTRIBUTE(guarded_by(x))
#define POLLY_REQUIRES(...) POLLY_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define POLLY_EXCLUDES(...) POLLY_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))

namespace polly {

class POLLY_THREAD_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  void lock() POLLY_THREAD_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
  void unlock() POLLY_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }
  bool try_lock() POLLY_THREAD_ATTRIBUTE(try_acquire_capability(true)) { return mutex_.try_lock(); }

 private:
  friend class Condition;
  std::mutex mutex_;
};

class POLLY_THREAD_ATTRIBUTE(scoped_lockable) Lock {
 public:
  explicit Lock(Mutex& mutex) POLLY_THREAD_ATTRIBUTE(acquire_capability(mutex)) : mutex_(mutex) { mutex_.lock(); }
  ~Lock() POLLY_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  Mutex& mutex_;
};

// Wait in a loop on what the mutex guards: while (!done_) changed_.wait_until(mutex_, deadline);
class Condition {
 public:
  void wait(Mutex& mutex) POLLY_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  // False when the deadline has passed.
  bool wait_until(Mutex& mutex, std::chrono::steady_clock::time_point deadline) POLLY_REQUIRES(mutex) {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    bool in_time = condition_.wait_until(lock, deadline) == std::cv_status::no_timeout;
    lock.release();
    return in_time;
  }
  void notify_one() { condition_.notify_one(); }
  void notify_all() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace polly
