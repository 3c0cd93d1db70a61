// Who this node is to the coordinator: the session that the guard holds.
#pragma once

#include <string>

#include "base/http_client.h"
#include "base/mutex.h"

namespace polly::node {

class Sessions {
 public:
  virtual ~Sessions() = default;
  virtual Result<std::string> current() = 0;
  // The coordinator did not know it: ask anew next time.
  virtual void doubt() = 0;
};

// Asks the guard, remembers the answer for a second; while the guard is away, goes on with the last session known.
class GuardSessions : public Sessions {
 public:
  // `run` holds the session's file, which is read while the guard has not answered yet.
  GuardSessions(const std::string& guard_socket, std::string run);
  Result<std::string> current() override;
  void doubt() override;

 private:
  Result<std::string> ask();

  http::Client guard_;
  const std::string run_;
  Mutex mutex_;
  std::string session_ POLLY_GUARDED_BY(mutex_);
  std::chrono::steady_clock::time_point asked_ POLLY_GUARDED_BY(mutex_){};
};

}  // namespace polly::node
