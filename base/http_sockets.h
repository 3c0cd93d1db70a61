// Inside base only: sockets that listen and sockets that call.
#pragma once

#include <sys/types.h>

#include <chrono>
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

// Connects in time, a host's name resolved. Fails with `unavailable`.
Result<UniqueFd> connect_to(const Endpoint& endpoint, Deadline deadline);

}  // namespace polly::http
