// The other end of a connection, byte for byte: what a client of ours would never send, and a server that misbehaves.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <functional>
#include <string>
#include <thread>

#include "base/http_sockets.h"
#include "base/unique_fd.h"

namespace polly::http {

inline Deadline soon() {
  return std::chrono::steady_clock::now() + std::chrono::seconds(10);
}

// Reads what comes until the peer closes or 10 s have passed.
class RawPeer {
 public:
  explicit RawPeer(UniqueFd fd) : fd_(std::move(fd)) {}
  explicit RawPeer(const Endpoint& endpoint) {
    auto fd = connect_to(endpoint, soon());
    EXPECT_TRUE(fd) << fd.error().message;
    if (fd) fd_ = std::move(*fd);
  }

  // False when the other side does not want it any more.
  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (n < 0 && errno == EAGAIN) {
        pollfd one{fd_.get(), POLLOUT, 0};
        if (::poll(&one, 1, 10'000) <= 0) return false;
        continue;
      }
      if (n <= 0) return false;
      text.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }
  void end_sending() { ::shutdown(fd_.get(), SHUT_WR); }
  void close() { fd_.reset(); }

  // One piece of what comes; "" at the end or when nothing came in time.
  std::string read_some(int timeout_ms = 10'000) {
    pollfd one{fd_.get(), POLLIN, 0};
    if (::poll(&one, 1, timeout_ms) <= 0) return "";
    std::array<char, 65536> buffer;
    const ssize_t n = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    return n > 0 ? std::string(buffer.data(), static_cast<size_t>(n)) : "";
  }
  std::string read_all() {
    std::string all;
    for (std::string piece = read_some(); !piece.empty(); piece = read_some()) all += piece;
    return all;
  }
  // Until the text ends in what is awaited.
  std::string read_to(std::string_view awaited) {
    std::string all;
    while (!all.ends_with(awaited)) {
      const std::string piece = read_some();
      if (piece.empty()) break;
      all += piece;
    }
    return all;
  }
  bool is_closed(int timeout_ms = 10'000) {
    pollfd one{fd_.get(), POLLIN, 0};
    char byte = 0;
    return ::poll(&one, 1, timeout_ms) > 0 && ::recv(fd_.get(), &byte, 1, MSG_PEEK) <= 0;
  }
  int fd() const { return fd_.get(); }

 private:
  UniqueFd fd_;
};

// A server that does with each connection what the test says, in one thread, until it is destroyed.
class RawServer {
 public:
  using Script = std::function<void(RawPeer&)>;
  RawServer(const Endpoint& endpoint, Script script)
      : listener_(Listener::open(endpoint, 0600)), thread_([this, script](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
            pollfd one{listener_->fd(), POLLIN, 0};
            if (::poll(&one, 1, 20) <= 0) continue;
            UniqueFd fd(::accept4(listener_->fd(), nullptr, nullptr, SOCK_CLOEXEC));
            if (!fd) continue;
            ++accepted;
            RawPeer peer(std::move(fd));
            script(peer);
          }
        }) {}
  int port() const { return listener_->port(); }

  std::atomic<int> accepted{0};

 private:
  Result<Listener> listener_;
  std::jthread thread_;
};

}  // namespace polly::http
