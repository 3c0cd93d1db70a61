// The services of the swarm, kept up to date by a manager's events, for questions that most often have the answer
// "none": such an answer costs no manager anything.
//
//     away --subscribe, then list--> following --30 s, or a call failed, or the events ended--> away
//
// One thread, one manager at a time. It subscribes before it lists, so that no change falls between the two; an event
// marks its service as unknown at once, and then it is read again. Each half minute all begins anew, which finds what a
// manager may have left out (an engine drops events that are not taken in time). After a failure it is the next
// manager's turn.
//
// An engine sends nothing while nothing happens, so silence proves nothing. Every five seconds the manager is asked for
// a service that does not exist: one that is gone, hangs, was demoted or has no leader cannot answer that, and what was
// seen is trusted only for ten seconds after an answer.
//
// When it knows of no service that could mount a volume, one could all the same have been made a moment ago. What that
// costs, and why it does not come to it: docs/decisions/0011-services-by-events.md.
#pragma once

#include <chrono>
#include <map>
#include <set>
#include <stop_token>
#include <thread>

#include "base/mutex.h"
#include "swarm/schedulers/docker/managers.h"
#include "swarm/schedulers/docker/service.h"

namespace polly::swarm::docker {

class ServiceView {
 public:
  struct Times {
    std::chrono::milliseconds relist{30'000};
    std::chrono::milliseconds probe{5'000};
    std::chrono::milliseconds trust{10'000};  // after the last question that was answered
    std::chrono::milliseconds pause{1'000};   // before the next manager is tried
  };

  // Begins at once. `name` is the scheduler's, for the log. The managers outlive it.
  ServiceView(std::string name, Managers& managers, Times times);
  ServiceView(std::string name, Managers& managers) : ServiceView(std::move(name), managers, Times{}) {}
  // Waits for no manager.
  ~ServiceView();
  ServiceView(const ServiceView&) = delete;
  ServiceView& operator=(const ServiceView&) = delete;

  // True only when the view is current and no service in it could mount the volume. Asks nobody, waits for nobody.
  bool nobody_mounts(const std::string& volume) const;

 private:
  using Time = std::chrono::steady_clock::time_point;

  void work();
  Status follow(size_t manager);
  Status list(size_t manager);
  Status take(const std::string& event);
  // When all events that have come are taken: reads a service that is unknown, or asks for proof that is due.
  Status catch_up(size_t manager);
  Result<Json> ask(size_t manager, const std::string& path, std::chrono::milliseconds timeout);
  bool current() const POLLY_REQUIRES(mutex_);
  bool behind() const;  // there is more to do than to wait
  std::string next_unknown() const;
  void leave(const Status& why);
  bool pause();  // false when it is time to stop

  const std::string name_;
  Managers& managers_;
  const Times times_;
  std::stop_source stop_;
  std::string told_;   // what the log was told last; the thread's
  Time next_probe_{};  // the thread's

  mutable Mutex mutex_;
  Condition stop_asked_;
  bool following_ POLLY_GUARDED_BY(mutex_) = false;
  Time proven_ POLLY_GUARDED_BY(mutex_){};  // when the last question was asked that was answered
  std::map<std::string, SwarmService> services_ POLLY_GUARDED_BY(mutex_);
  std::set<std::string> unknown_ POLLY_GUARDED_BY(mutex_);  // ids of those that have changed and were not read again
  std::thread thread_;
};

}  // namespace polly::swarm::docker
