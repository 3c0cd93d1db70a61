#include "base/http_wire.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "base/system.h"

namespace polly::http {
namespace {

constexpr size_t kMaxChunkLine = 1024;
constexpr size_t kMaxTrailer = 8 * 1024;

// True when the event is there, false when the deadline has passed.
bool wait_for(int fd, short event, Deadline deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0) return false;
    pollfd one{fd, event, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(std::min<int64_t>(left, 3'600'000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return true;  // the call that follows tells why
  }
}

tl::unexpected<Error> late() {
  return fail(Code::timeout, "the time is up");
}

}  // namespace

bool Wire::wait(Deadline deadline) {
  return !empty() || wait_for(fd_, POLLIN, deadline);
}

Status Wire::fill(Deadline deadline) {
  begin_ = end_ = 0;
  for (;;) {
    const ssize_t n = ::recv(fd_, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (n > 0) {
      end_ = static_cast<size_t>(n);
      received_ += end_;
      // Bytes that drip in one by one must not keep a call alive.
      if (std::chrono::steady_clock::now() > deadline) return late();
      return {};
    }
    if (n == 0) {
      peer_closed_ = true;
      return fail(Code::unavailable, "the connection was closed");
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return fail(Code::unavailable, "the connection was lost: {}", errno_text(errno));
    if (!wait_for(fd_, POLLIN, deadline)) return late();
  }
}

Result<std::string> Wire::read_line(size_t limit, Deadline deadline) {
  std::string line;
  for (;;) {
    if (empty()) TRY_STATUS(fill(deadline));
    const char* start = buffer_.data() + begin_;
    const auto* newline = static_cast<const char*>(std::memchr(start, '\n', end_ - begin_));
    const size_t length = newline ? static_cast<size_t>(newline - start) + 1 : end_ - begin_;
    if (line.size() + length > limit) return fail(Code::too_large, "a line is longer than {} bytes", limit);
    line.append(start, length);
    begin_ += length;
    if (newline) return line;
  }
}

Result<std::string> Wire::read_head(size_t limit, Deadline deadline) {
  std::string head;
  for (;;) {
    auto line = read_line(limit - head.size(), deadline);
    if (!line && line.error().code == Code::too_large) {
      return fail(Code::too_large, "the header is longer than {} bytes", limit);
    }
    if (!line) return fail(std::move(line).error());
    const bool blank = *line == "\r\n" || *line == "\n";
    if (blank && head.empty()) continue;
    head += *line;
    if (blank) return head;
  }
}

Status Wire::append(std::string& out, uint64_t length, Deadline deadline) {
  while (length > 0) {
    if (empty()) TRY_STATUS(fill(deadline));
    const size_t n = static_cast<size_t>(std::min<uint64_t>(length, end_ - begin_));
    out.append(buffer_.data() + begin_, n);
    begin_ += n;
    length -= n;
  }
  return {};
}

Result<std::string> Wire::read_body(const Framing& framing, size_t limit, Deadline deadline) {
  switch (framing.kind) {
    case Framing::Kind::none:
      return std::string();
    case Framing::Kind::chunked:
      return read_chunked(limit, deadline);
    case Framing::Kind::until_close:
      return read_until_close(limit, deadline);
    case Framing::Kind::fixed:
      break;
  }
  if (framing.length > limit) {
    return fail(Code::too_large, "the body has {} bytes, more than the {} allowed", framing.length, limit);
  }
  std::string body;
  body.reserve(static_cast<size_t>(std::min<uint64_t>(framing.length, 1024 * 1024)));
  TRY_STATUS(append(body, framing.length, deadline));
  return body;
}

Result<std::string> Wire::read_chunked(size_t limit, Deadline deadline) {
  std::string body;
  for (;;) {
    TRY(line, read_line(kMaxChunkLine, deadline));
    uint64_t length = 0;
    auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), length, 16);
    if (error != std::errc{} || !std::strchr(";\r\n \t", *end)) return fail(Code::invalid, "a chunk has no valid size");
    if (length == 0) break;
    if (length > limit - body.size())
      return fail(Code::too_large, "the body has more than the {} bytes allowed", limit);
    TRY_STATUS(append(body, length, deadline));
    TRY(after, read_line(kMaxChunkLine, deadline));
    if (after != "\r\n" && after != "\n") return fail(Code::invalid, "a chunk does not end where it says");
  }
  for (size_t trailer = 0;;) {  // fields after the body: nobody asks for them
    TRY(line, read_line(kMaxTrailer - trailer, deadline));
    if (line == "\r\n" || line == "\n") return body;
    trailer += line.size();
  }
}

Result<std::string> Wire::read_until_close(size_t limit, Deadline deadline) {
  std::string body;
  for (;;) {
    if (empty()) {
      Status filled = fill(deadline);
      if (!filled && peer_closed_) return body;
      TRY_STATUS(std::move(filled));
    }
    if (end_ - begin_ > limit - body.size()) {
      return fail(Code::too_large, "the body has more than the {} bytes allowed", limit);
    }
    TRY_STATUS(append(body, end_ - begin_, deadline));
  }
}

Status Wire::send(std::string_view head, std::string_view body, Deadline deadline) {
  while (!head.empty() || !body.empty()) {
    std::array<iovec, 2> parts{iovec{const_cast<char*>(head.data()), head.size()},
                               iovec{const_cast<char*>(body.data()), body.size()}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const ssize_t n = ::sendmsg(fd_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) {
      sent_ += static_cast<uint64_t>(n);
      const size_t of_head = std::min(head.size(), static_cast<size_t>(n));
      head.remove_prefix(of_head);
      body.remove_prefix(static_cast<size_t>(n) - of_head);
      if (std::chrono::steady_clock::now() > deadline && !(head.empty() && body.empty())) return late();
    } else if (errno == EAGAIN) {
      if (!wait_for(fd_, POLLOUT, deadline)) return late();
    } else if (errno != EINTR) {
      return fail(Code::unavailable, "the connection was lost: {}", errno_text(errno));
    }
  }
  return {};
}

void Wire::close_gently(Deadline deadline) {
  if (::shutdown(fd_, SHUT_WR) != 0) return;
  while (fill(deadline)) {
  }
}

}  // namespace polly::http
