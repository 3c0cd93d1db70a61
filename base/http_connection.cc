#include "base/http_connection.h"

#include <sys/socket.h>

#include "base/http_uri.h"
#include "base/log.h"

namespace polly::http {
namespace {

constexpr size_t kMaxHead = 64 * 1024;
constexpr std::chrono::seconds kLinger{1};

Deadline in(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

}  // namespace

Connection::Connection(Serving& serving, int fd, Peer peer)
    : serving_(serving), fd_(fd), peer_(std::move(peer)), wire_(fd) {}

void Connection::run() {
  while (serve_one()) {
  }
}

void Connection::stop() {
  State expected = State::idle;
  if (state_.compare_exchange_strong(expected, State::stopped)) ::shutdown(fd_, SHUT_RDWR);
}

void Connection::cut() const {
  ::shutdown(fd_, SHUT_RDWR);
}

bool Connection::serve_one() {
  if (!wire_.wait(in(serving_.options.idle_timeout))) return false;
  State expected = State::idle;
  if (serving_.stopping || !state_.compare_exchange_strong(expected, State::working)) return false;
  const std::optional<Request> request = receive(in(serving_.options.receive_timeout));
  if (!request) return false;
  if (!respond(handle(*request))) return false;
  state_ = State::idle;
  return !serving_.stopping;
}

std::optional<Request> Connection::receive(Deadline deadline) {
  head_ = {};
  const uint64_t before = wire_.empty() ? wire_.received() : 0;
  const auto text = wire_.read_head(kMaxHead, deadline);
  if (!text) {
    // A peer that leaves without having said anything is what ends most connections.
    if (wire_.received() != before) refuse(text.error());
    return std::nullopt;
  }
  auto head = parse_request_head(*text);
  if (!head) return refuse(head.error()), std::nullopt;
  head_ = std::move(*head);
  auto target = parse_target(head_.target);
  if (!target) return refuse(target.error()), std::nullopt;
  const size_t limit = serving_.options.max_body;
  const bool fits = head_.body.kind != Framing::Kind::fixed || head_.body.length <= limit;
  if (head_.expects_continue && fits && !wire_.send("HTTP/1.1 100 Continue\r\n\r\n", "", deadline)) return std::nullopt;
  auto body = wire_.read_body(head_.body, limit, deadline);
  if (!body) return refuse(body.error()), std::nullopt;
  Request request;
  request.method = head_.method;
  request.path = std::move(target->path);
  request.query = std::move(target->query);
  request.headers = std::move(head_.headers);
  request.body = std::move(*body);
  request.peer = peer_;
  request.raw_path = std::move(target->raw_path);
  return request;
}

Response Connection::handle(const Request& request) {
  std::string what = "something that is no exception";
  try {
    return serving_.handler(request);
  } catch (const std::exception& e) {
    what = e.what();
  } catch (...) {
  }
  log::error("request failed method={} path={} thrown={}", request.method, request.path, what);
  return serving_.options.render_error(
      {Code::internal, fmt::format("cannot {} '{}': {}", request.method, request.path, what)});
}

bool Connection::respond(const Response& response) {
  const bool keep_alive = head_.keep_alive && !serving_.stopping;
  const bool without_body = head_.method == "HEAD" || response.status == 204 || response.status == 304;
  const std::string_view body = without_body ? std::string_view() : std::string_view(response.body);
  const Status sent = wire_.send(write_response_head(response, keep_alive), body, in(serving_.options.receive_timeout));
  return sent && keep_alive;
}

void Connection::refuse(const Error& error) {
  Error shown = error;
  // Whatever is wrong with how a request arrives is the sender's affair: not "unavailable", not "timeout".
  if (shown.code != Code::too_large) shown.code = Code::invalid;
  shown.message = fmt::format("cannot read the request: {}", error.message);
  head_.keep_alive = false;
  respond(serving_.options.render_error(shown));
  wire_.close_gently(in(kLinger));
}

}  // namespace polly::http
