// Inside base only: the threads of a server, one for each connection that is open.
//
// Poco's TCPServer is not used for this: in 1.11 its dispatcher can crash and stall while it stops, and it shares each
// socket between two threads in a way that a race detector cannot follow.
#pragma once

#include <deque>
#include <functional>

#include "base/mutex.h"
#include "base/unique_fd.h"

namespace polly::http {

class Workers {
 public:
  // Each connection is handed to serve, which must not throw.
  Workers(int max_threads, std::function<void(UniqueFd)> serve);
  ~Workers();  // as stop()
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Beyond max_threads some connections wait for their turn; those beyond them are closed.
  void take(UniqueFd connection);
  // Closes those that wait and returns when the last connection at work has ended.
  void stop();

 private:
  void work();
  bool next(UniqueFd& connection);

  const int max_threads_;
  const std::function<void(UniqueFd)> serve_;
  Mutex mutex_;
  Condition changed_;
  std::deque<UniqueFd> waiting_ POLLY_GUARDED_BY(mutex_);
  int threads_ POLLY_GUARDED_BY(mutex_) = 0;
  int free_ POLLY_GUARDED_BY(mutex_) = 0;  // of these, without a connection; also those that are only starting
  bool stopping_ POLLY_GUARDED_BY(mutex_) = false;
};

}  // namespace polly::http
