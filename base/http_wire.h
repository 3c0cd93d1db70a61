// Inside base only: the bytes of one connection, beneath server and client.
//
// Poco's streams end in the same way for a body that is complete and for one that was cut short, and know no deadline
// over several reads. Both decide here whether a half request may change a volume, so this part is ours; header fields
// are still read by Poco (http_head.h).
#pragma once

#include <array>
#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace polly::http {

using Deadline = std::chrono::steady_clock::time_point;

// How a message tells where its body ends.
struct Framing {
  enum class Kind { none, fixed, chunked, until_close };
  Kind kind = Kind::none;
  uint64_t length = 0;  // of a fixed one
};

// Errors of all calls: timeout (the deadline passed), unavailable (the peer closed or is gone), invalid (not HTTP),
// too_large. Used by one thread at a time.
class Wire {
 public:
  explicit Wire(int fd) : fd_(fd) {}  // whose owner outlives this

  // Waits for the next message. False: nothing came in time. A peer that closed shows in the read that follows.
  bool wait(Deadline deadline);
  // Up to and with the empty line; empty lines before it are skipped.
  Result<std::string> read_head(size_t limit, Deadline deadline);
  Result<std::string> read_body(const Framing& framing, size_t limit, Deadline deadline);
  Status send(std::string_view head, std::string_view body, Deadline deadline);
  // Closes so that the peer can still read what was sent, although not all that it sends is read.
  void close_gently(Deadline deadline);

  uint64_t received() const { return received_; }  // bytes so far
  uint64_t sent() const { return sent_; }
  bool empty() const { return begin_ == end_; }  // nothing was read ahead

 private:
  Status fill(Deadline deadline);
  Result<std::string> read_line(size_t limit, Deadline deadline);
  Status append(std::string& out, uint64_t length, Deadline deadline);
  Result<std::string> read_chunked(size_t limit, Deadline deadline);
  Result<std::string> read_until_close(size_t limit, Deadline deadline);

  int fd_;
  bool peer_closed_ = false;
  uint64_t received_ = 0;
  uint64_t sent_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
  std::array<char, 16 * 1024> buffer_{};  // [begin_, end_) has been received and not yet been read
};

}  // namespace polly::http
