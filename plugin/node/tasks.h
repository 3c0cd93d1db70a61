// Work that nobody may be made to wait for: a thread for each piece, counted, so that the end waits for all of them.
//
// There is always a thread: a platform or a coordinator that hangs for one volume must not take those of the others.
// One that is done waits for more for a while, since a new one costs as much as a short call.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "base/mutex.h"
#include "base/result.h"

namespace polly::node {

class Tasks {
 public:
  explicit Tasks(int limit = 4096) : limit_(limit) {}
  ~Tasks();
  Tasks(const Tasks&) = delete;
  Tasks& operator=(const Tasks&) = delete;

  // False when there are `limit` at work already, or no thread can be had: then nothing was started.
  bool run(std::function<void()> work);
  void wait();  // until none is at work

  // What `call` answers, or `timeout` when that takes longer; the call then goes on by itself, so whatever it uses must
  // outlive these Tasks.
  template <class T>
  Result<T> within(std::chrono::milliseconds limit, std::function<Result<T>()> call);

 private:
  using Work = std::function<void()>;
  // Shared with the threads, which may end after these Tasks.
  struct State {
    Mutex mutex;
    Condition more;  // waiting, or the end
    Condition none;  // at work any more
    std::deque<Work> waiting POLLY_GUARDED_BY(mutex);
    size_t idle POLLY_GUARDED_BY(mutex) = 0;  // threads that look for work
    int running POLLY_GUARDED_BY(mutex) = 0;  // what was begun and is not done
    bool ended POLLY_GUARDED_BY(mutex) = false;
  };
  static void serve(const std::shared_ptr<State>& state, Work work);
  static Work next(State& state);

  const int limit_;
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

// A value that one thread leaves for another.
template <class T>
class Handover {
 public:
  void put(T value) {
    Lock lock(mutex_);
    value_ = std::move(value);
    there_.notify_all();
  }
  // None when the deadline passed first.
  std::optional<T> take(std::chrono::steady_clock::time_point deadline) {
    Lock lock(mutex_);
    while (!value_ && there_.wait_until(mutex_, deadline)) {
    }
    return std::move(value_);
  }

 private:
  Mutex mutex_;
  Condition there_;
  std::optional<T> value_ POLLY_GUARDED_BY(mutex_);
};

template <class T>
Result<T> Tasks::within(std::chrono::milliseconds limit, std::function<Result<T>()> call) {
  auto answer = std::make_shared<Handover<Result<T>>>();
  auto deadline = std::chrono::steady_clock::now() + limit;
  if (!run([answer, call = std::move(call)] { answer->put(call()); }))
    return fail(Code::exhausted, "too many calls are waiting for an answer; try again later");
  auto taken = answer->take(deadline);
  if (!taken) return fail(Code::timeout, "no answer within {} ms", limit.count());
  return *std::move(taken);
}

}  // namespace polly::node
