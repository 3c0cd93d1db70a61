// Inside base only: sockets that listen and sockets that call.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <stop_token>
#include <string>

#include "base/http.h"
#include "base/unique_fd.h"

namespace polly::http {

using Deadline = std::chrono::steady_clock::time_point;

// A socket that listens. Takes its file along when it goes, unless another server has taken the path over.
class Listener {
 public:
  // A Unix socket appears at its path with its mode and ready for connections, in one step. One on which somebody
  // answers is `busy`, one on which nobody does is replaced.
  static Result<Listener> open(const Endpoint& endpoint, int mode);
  Listener(Listener&& other) noexcept = default;
  Listener& operator=(Listener&&) = delete;
  ~Listener();

  int fd() const { return fd_.get(); }
  int port() const;  // in use, of a TCP socket
  void close();

 private:
  Listener() = default;
  UniqueFd fd_;
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

// Connects in time, a host's name resolved, unless it is stopped. Fails with `unavailable`. A stop does not wake it
// from resolving a name.
Result<UniqueFd> connect_to(const Endpoint& endpoint, Deadline deadline, const std::stop_token& stop = {});

// While it lives, a stop shuts the connection down, so that whoever waits on it wakes and finds it lost.
class Waker {
 public:
  Waker(const std::stop_token& stop, int fd) : callback_(stop, Shut{fd}) {}

 private:
  struct Shut {
    int fd;
    void operator()() const noexcept;
  };
  std::stop_callback<Shut> callback_;
};

}  // namespace polly::http
