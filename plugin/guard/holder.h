// Holds the node's session with the coordinator.
//
//     none --opened--> live <--heartbeat acknowledged-- (ttl without one) --> late
//      ^                 |                                                     |
//      `----conflict-----+-----------------------------conflict----------------'
//
// late is still the same session: heartbeats go on, and the coordinator says whether it was lost meanwhile. Time is
// counted on CLOCK_BOOTTIME from when a heartbeat was sent. A crash leaves the session on file; the next guard of the
// same boot resumes it.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/mutex.h"
#include "plugin/guard/loop.h"
#include "plugin/guard/session_calls.h"

namespace polly::guard {

struct SessionState {
  std::string node;
  std::string session;  // "" while none is open
  std::string boot_id;
  bool live = false;
  int64_t since_heartbeat_ms = -1;  // -1: none was acknowledged yet
  int64_t ttl_ms = 0;
};

class Holder {
 public:
  struct Options {
    std::string node;
    std::string boot_id;
    std::string run;  // the session's file stands there
    std::string version;
  };
  Holder(Options options, SessionCalls calls, Clock& clock);

  SessionState state() const;
  void stop() { loop_.stop(); }

 private:
  std::chrono::milliseconds step();
  Status open();
  Status beat(const std::string& session);
  std::chrono::milliseconds after_failure(const Error& error, const char* what);

  const Options options_;
  SessionCalls calls_;  // the loop's alone, like the next three
  Clock& clock_;
  Backoff backoff_{std::chrono::milliseconds(200), std::chrono::seconds(3)};
  std::string resume_;
  std::string last_problem_;
  mutable Mutex mutex_;
  SessionGrant grant_ POLLY_GUARDED_BY(mutex_);                  // session "": none
  std::optional<Millis> acknowledged_ POLLY_GUARDED_BY(mutex_);  // when the last one that was acknowledged was sent
  Loop loop_;
};

}  // namespace polly::guard
