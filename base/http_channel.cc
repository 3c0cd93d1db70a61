#include "base/http_channel.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/system.h"

namespace polly::http {
namespace {

using std::chrono::steady_clock;
using tls::Step;

// True when the event is there, false when the deadline has passed.
bool wait_for(int fd, short event, Deadline deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
    if (left <= 0) return false;
    pollfd one{fd, event, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(std::min<int64_t>(left, 3'600'000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return true;  // the call that follows tells why
  }
}

Step step_of(ssize_t n, short wait) {
  if (n >= 0) return {.bytes = static_cast<size_t>(n)};
  if (errno == EAGAIN || errno == EINTR) return {.wait = wait};
  return {.failure = Error{Code::unavailable, fmt::format("the connection was lost: {}", errno_text(errno))}};
}

Error late() {
  return {Code::timeout, "the time is up"};
}

}  // namespace

Channel::Channel(UniqueFd fd) : StreamSocketImpl(fd.release()) {}

void Channel::begin(Deadline deadline) {
  deadline_ = deadline;
  allowed_ = UINT64_MAX;
  failure_.reset();
  send_failure_.reset();
  received_ = sent_ = 0;
}

void Channel::allow(uint64_t bytes, const char* what) {
  allowed_ = bytes;
  what_ = what;
}

Status Channel::begin_tls(std::unique_ptr<tls::Session> session) {
  tls_ = std::move(session);
  std::optional<Error> failure;
  run(failure, [&] { return tls_->handshake(); });
  if (failure) return fail(std::move(*failure));
  return {};
}

bool Channel::at_blank_line(size_t ahead) const {
  const std::string_view text = std::string_view(recent_).substr(0, recent_.size() - std::min(ahead, recent_.size()));
  return text.ends_with("\n\r\n") || text.ends_with("\n\n");
}

std::optional<x509::Certificate> Channel::peer() const {
  return tls_ ? tls_->peer() : std::nullopt;
}

int Channel::first_byte() const {
  unsigned char byte = 0;
  return ::recv(sockfd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1 ? byte : -1;
}

// Repeats an attempt that has to wait until it succeeds, fails or the time is up.
template <class Attempt>
size_t Channel::run(std::optional<Error>& failure, Attempt attempt) {
  for (;;) {
    Step step = attempt();
    if (step.failure) {
      failure = std::move(step.failure);
      return 0;
    }
    if (step.wait == 0) return step.bytes;
    if (!wait_for(sockfd(), step.wait, deadline_)) {
      failure = late();
      return 0;
    }
  }
}

int Channel::receiveBytes(void* buffer, int length, int) {
  if (failure_ || !initialized()) return 0;
  if (allowed_ == 0) {
    failure_ = {Code::too_large, fmt::format("{} is longer than allowed", what_)};
    return 0;
  }
  // An answer takes a while: waiting first saves asking in vain.
  if (sent_ > 0 && received_ == 0 && !pending() && !wait_for(sockfd(), POLLIN, deadline_)) {
    failure_ = late();
    return 0;
  }
  const size_t most = std::min<uint64_t>(static_cast<size_t>(length), allowed_);
  const size_t n = run(failure_, [&] {
    return tls_ ? tls_->receive(buffer, most) : step_of(::recv(sockfd(), buffer, most, MSG_DONTWAIT), POLLIN);
  });
  if (failure_) return 0;
  peer_ended_ = n == 0;
  if (peer_ended_) failure_ = {Code::unavailable, "the connection was closed"};
  received_ += n;
  allowed_ -= n;
  if (recent_.size() > 3) recent_.erase(0, recent_.size() - 3);
  recent_.append(static_cast<const char*>(buffer), n);
  // Bytes that drip in one by one must not keep a call alive.
  if (!failure_ && steady_clock::now() > deadline_) failure_ = late();
  return failure_ ? 0 : static_cast<int>(n);
}

int Channel::sendBytes(const void* buffer, int length, int) {
  const char* at = static_cast<const char*>(buffer);
  for (size_t left = static_cast<size_t>(length); left > 0 && !send_failure_ && initialized();) {
    const size_t n = run(send_failure_, [&] {
      return tls_ ? tls_->send(at, left) : step_of(::send(sockfd(), at, left, MSG_NOSIGNAL | MSG_DONTWAIT), POLLOUT);
    });
    sent_ += n;
    at += n;
    left -= n;
  }
  return length;
}

bool Channel::poll(const Poco::Timespan& timeout, int mode) {
  if ((mode & SELECT_READ) == 0) return StreamSocketImpl::poll(timeout, mode);
  const auto deadline = steady_clock::now() + std::chrono::microseconds(timeout.totalMicroseconds());
  return pending() || wait_for(sockfd(), POLLIN, deadline);
}

// What is readable on the socket may be no more than half a record, or one that TLS keeps to itself.
bool Channel::await(Deadline deadline) {
  pollfd one{sockfd(), POLLIN, 0};
  if (!tls_) return ::poll(&one, 1, 0) > 0 || wait_for(sockfd(), POLLIN, deadline);
  for (;;) {
    const Step step = tls_->peek();
    if (step.failure || step.wait == 0) return true;
    if (!wait_for(sockfd(), step.wait, deadline)) return false;
  }
}

void Channel::close_gently(Deadline deadline) {
  if (tls_) tls_->end();
  if (::shutdown(sockfd(), SHUT_WR) != 0) return;
  std::array<char, 16 * 1024> ignored;
  ssize_t n = 0;
  while (steady_clock::now() < deadline && wait_for(sockfd(), POLLIN, deadline) &&
         (n = ::recv(sockfd(), ignored.data(), ignored.size(), MSG_DONTWAIT), n > 0 || (n < 0 && errno == EINTR))) {
  }
}

void Channel::close() {
  if (tls_) tls_->end();
  StreamSocketImpl::close();
}

}  // namespace polly::http
