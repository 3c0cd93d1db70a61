#include "plugin/node/session.h"

#include "base/system.h"
#include "plugin/guard/session_file.h"

namespace polly::node {
namespace {

constexpr std::chrono::milliseconds remembered{1'000};
constexpr std::chrono::milliseconds guard_limit{1'000};

http::Endpoint unix_endpoint(const std::string& socket) {
  http::Endpoint endpoint;
  endpoint.socket_path = socket;
  return endpoint;
}

}  // namespace

GuardSessions::GuardSessions(const std::string& guard_socket, std::string run)
    : guard_(unix_endpoint(guard_socket)), run_(std::move(run)) {}

Result<std::string> GuardSessions::current() {
  {
    Lock lock(mutex_);
    if (!session_.empty() && std::chrono::steady_clock::now() - asked_ < remembered) return session_;
  }
  auto session = ask();
  Lock lock(mutex_);
  if (session) {
    session_ = *session;
    asked_ = std::chrono::steady_clock::now();
    return session_;
  }
  if (!session_.empty()) return session_;
  auto boot = boot_id();
  auto on_file = guard::load_session(run_);
  if (boot && on_file && on_file->boot_id == *boot) return on_file->session;
  return fail(session.error());
}

void GuardSessions::doubt() {
  Lock lock(mutex_);
  asked_ = {};
}

Result<std::string> GuardSessions::ask() {
  http::Call call;
  call.path = "/v1/session";
  call.timeout = guard_limit;
  auto response = guard_.call(call);
  if (!response)
    return fail(Code::unavailable, "the guard of this node does not answer: {}; is polly-guard running?",
                response.error().message);
  TRY(json, Json::parse(response->body));
  auto session = json["session"].as_string();
  if (session.empty())
    return fail(Code::unavailable, "this node has no session with the coordinator yet; can its guard reach it?");
  return session;
}

}  // namespace polly::node
