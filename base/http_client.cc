#include "base/http_client.h"

#include <poll.h>

#include <algorithm>

#include "base/http_head.h"
#include "base/http_sockets.h"
#include "base/mutex.h"

namespace polly::http {
namespace {

using std::chrono::steady_clock;

constexpr size_t kMaxHead = 64 * 1024;
constexpr size_t kMaxIdle = 16;
// Shorter than our servers wait for the next request (10 s), so that it is they who find the connection closed.
constexpr std::chrono::seconds kMaxIdleTime{8};

Status check(const Call& call) {
  auto breaks_line = [](unsigned char c) { return c <= 0x20 || c == 0x7f; };
  const bool valid = call.path.starts_with('/') && !call.method.empty() &&
                     std::none_of(call.path.begin(), call.path.end(), breaks_line) &&
                     std::none_of(call.method.begin(), call.method.end(), breaks_line);
  if (valid) return {};
  return fail(Code::invalid, "cannot call '{} {}': not a method and an encoded path", call.method, call.path);
}

std::string write_request_head(const Call& call, const Endpoint& endpoint) {
  std::string out;
  out.reserve(256);
  out.append(call.method).append(" ").append(call.path).append(" HTTP/1.1\r\n");
  // A server in Go refuses a request without a host, also on a Unix socket.
  append_field(out, "Host", endpoint.is_unix() ? "polly" : endpoint.text());
  for (const auto& [name, value] : call.headers) append_field(out, name, value);
  if (!call.body.empty()) append_field(out, "Content-Type", call.content_type);
  const bool takes_body = call.method != "GET" && call.method != "HEAD" && call.method != "DELETE";
  if (takes_body || !call.body.empty()) append_field(out, "Content-Length", std::to_string(call.body.size()));
  out += "\r\n";
  return out;
}

// Something to read on an idle connection is its end, or an answer that nobody asked for.
bool is_stale(int fd) {
  pollfd one{fd, POLLIN | POLLRDHUP, 0};
  return ::poll(&one, 1, 0) != 0;
}

}  // namespace

struct Client::Impl {
  struct Idle {
    UniqueFd fd;
    steady_clock::time_point since;
  };

  Endpoint endpoint;
  Mutex mutex;
  std::vector<Idle> idle POLLY_GUARDED_BY(mutex);

  UniqueFd take() {
    Lock lock(mutex);
    const auto oldest = steady_clock::now() - kMaxIdleTime;
    std::erase_if(idle, [&](const Idle& one) { return one.since < oldest; });
    while (!idle.empty()) {
      UniqueFd fd = std::move(idle.back().fd);
      idle.pop_back();
      if (!is_stale(fd.get())) return fd;
    }
    return UniqueFd();
  }
  void put_back(UniqueFd fd) {
    Lock lock(mutex);
    if (idle.size() < kMaxIdle) idle.push_back({std::move(fd), steady_clock::now()});
  }

  struct Attempt {
    Result<Response> result;
    bool worth_repeating = false;  // a kept-alive connection that turned out to be closed
  };
  Attempt attempt(const Call& call, UniqueFd fd, bool reused, Deadline deadline);
  Result<Response> receive(const Call& call, Wire& wire, UniqueFd& fd, Deadline deadline);
  Error describe(const Call& call, const Error& error, bool sent) const;
};

// The answer; afterwards fd is gone or in the pool.
Result<Response> Client::Impl::receive(const Call& call, Wire& wire, UniqueFd& fd, Deadline deadline) {
  for (;;) {
    TRY(text, wire.read_head(kMaxHead, deadline));
    TRY(head, parse_response_head(text, call.method));
    if (head.status < 200 && head.status != 101) continue;  // "100 Continue"
    TRY(body, wire.read_body(head.body, call.max_response, deadline));
    Response response;
    response.status = head.status;
    response.body = std::move(body);
    response.content_type = head.headers["content-type"];
    response.headers = std::move(head.headers);
    if (head.keep_alive && wire.empty()) put_back(std::move(fd));
    return response;
  }
}

Error Client::Impl::describe(const Call& call, const Error& error, bool sent) const {
  const std::string what = fmt::format("cannot {} {} at {}", call.method, call.path, endpoint.text());
  if (error.code == Code::timeout) {
    return {sent ? Code::timeout : Code::unavailable,
            fmt::format("{}: no answer in {} ms", what, call.timeout.count())};
  }
  if (error.code == Code::too_large) return {Code::too_large, what + ": the answer is too large: " + error.message};
  if (error.code == Code::invalid) {
    return {Code::unknown_outcome, what + ": what answers there makes no sense: " + error.message};
  }
  if (!sent) return {Code::unavailable, what + ": " + error.message};
  return {Code::unknown_outcome, what + ": " + error.message + " before there was an answer"};
}

Client::Impl::Attempt Client::Impl::attempt(const Call& call, UniqueFd fd, bool reused, Deadline deadline) {
  Wire wire(fd.get());
  const Status sent = wire.send(write_request_head(call, endpoint), call.body, deadline);
  // Also when sending failed: a server that refuses a large body answers before it has read all of it, and closes.
  const bool ask = sent || (wire.sent() > 0 && sent.error().code == Code::unavailable);
  Result<Response> result = ask ? receive(call, wire, fd, deadline) : fail(sent.error());
  if (result) return {std::move(result), false};
  const bool closed = result.error().code == Code::unavailable && wire.received() == 0;
  const bool unsent = wire.sent() == 0;
  return {fail(describe(call, result.error(), !unsent)), reused && closed && (call.idempotent || unsent)};
}

Client::Client(Endpoint endpoint) : impl_(new Impl{std::move(endpoint), {}, {}}) {}
Client::~Client() = default;
const Endpoint& Client::endpoint() const {
  return impl_->endpoint;
}

Result<Response> Client::call(const Call& call) {
  TRY_STATUS(check(call));
  const Deadline deadline = steady_clock::now() + call.timeout;
  if (UniqueFd fd = impl_->take()) {
    Impl::Attempt attempt = impl_->attempt(call, std::move(fd), true, deadline);
    if (!attempt.worth_repeating) return std::move(attempt.result);
  }
  auto fd = connect_to(impl_->endpoint, deadline);
  if (!fd) return fail_with(fd.error(), "cannot {} {}", call.method, call.path);
  return impl_->attempt(call, std::move(*fd), false, deadline).result;
}

}  // namespace polly::http
