#include "plugin/guard/holder.h"

#include <algorithm>

#include "base/log.h"
#include "plugin/guard/session_file.h"

namespace polly::guard {

Holder::Holder(Options options, SessionCalls calls, Clock& clock)
    : options_(std::move(options)), calls_(std::move(calls)), clock_(clock), loop_([this] { return step(); }) {}

SessionState Holder::state() const {
  Lock lock(mutex_);
  SessionState state{options_.node, grant_.session, options_.boot_id, false, -1, grant_.ttl_ms};
  if (acknowledged_) {
    state.since_heartbeat_ms = (clock_.boottime() - *acknowledged_).count();
    state.live = !grant_.session.empty() && state.since_heartbeat_ms < grant_.ttl_ms;
  }
  return state;
}

std::chrono::milliseconds Holder::step() {
  std::string session;
  int64_t pause = 0;
  {
    Lock lock(mutex_);
    session = grant_.session;
    pause = grant_.heartbeat_ms;
  }
  auto began = clock_.boottime();
  if (session.empty()) {
    if (auto opened = open(); !opened) return after_failure(opened.error(), "open a session");
    Lock lock(mutex_);
    pause = grant_.heartbeat_ms;
  } else if (auto beaten = beat(session); !beaten) {
    if (beaten.error().code != Code::conflict) return after_failure(beaten.error(), "send a heartbeat");
    log::warn("session lost node={} session={}: {}", options_.node, session, beaten.error().message);
    Lock lock(mutex_);
    grant_ = {};
    acknowledged_.reset();
    return std::chrono::milliseconds(0);
  }
  if (!last_problem_.empty()) log::info("the coordinator answers again node={}", options_.node);
  last_problem_.clear();
  backoff_.reset();
  return std::max(Millis(pause) - (clock_.boottime() - began), Millis(10));
}

// Resumes what is on file from this boot; once, since what was refused once is refused again.
Status Holder::open() {
  std::string resume;
  if (auto found = load_session(options_.run);
      found && found->boot_id == options_.boot_id && found->node == options_.node)
    resume = found->session;
  if (resume == resume_) resume.clear();
  auto sent = clock_.boottime();
  auto grant = calls_.open({options_.node, options_.boot_id, resume, options_.version});
  if (!grant) {
    if (grant.error().code == Code::conflict) resume_ = resume;
    return fail(grant.error());
  }
  if (grant->session.empty() || grant->ttl_ms <= 0 || grant->heartbeat_ms <= 0)
    return fail(Code::corrupt, "the coordinator answered with a session that cannot be one");
  resume_.clear();
  if (auto saved = save_session(options_.run, {options_.node, options_.boot_id, grant->session}); !saved)
    log::warn("cannot keep the session on file, a restart will open a new one: {}", saved.error().message);
  log::info("session open node={} session={} resumed={} ttl_ms={}", options_.node, grant->session,
            grant->session == resume, grant->ttl_ms);
  Lock lock(mutex_);
  grant_ = *grant;
  acknowledged_ = sent;
  return {};
}

Status Holder::beat(const std::string& session) {
  auto sent = clock_.boottime();
  TRY_STATUS(calls_.heartbeat(options_.node, session));
  Lock lock(mutex_);
  acknowledged_ = sent;
  return {};
}

std::chrono::milliseconds Holder::after_failure(const Error& error, const char* what) {
  if (error.message != last_problem_) log::warn("cannot {} node={}: {}", what, options_.node, error.message);
  last_problem_ = error.message;
  return backoff_.next();
}

}  // namespace polly::guard
