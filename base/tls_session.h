// Inside base only: TLS on one descriptor that does not block. Who waits, and for how long, is the caller's affair.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>

#include "base/result.h"
#include "base/x509.h"

struct ssl_st;

namespace polly::tls {

// How far an attempt to receive or send has come.
struct Step {
  size_t bytes = 0;  // 0 of receiving: the peer ended in good order
  short wait = 0;    // POLLIN or POLLOUT: not yet, try again then
  std::optional<Error> failure{};
};

class Session {
 public:
  explicit Session(ssl_st* ssl);  // takes it over
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Status attach(int fd);  // which stays the caller's
  ssl_st* ssl() { return ssl_; }
  Step handshake();
  Step receive(void* buffer, size_t length);
  Step peek();  // as receive, of one byte, which stays
  Step send(const void* buffer, size_t length);
  bool pending() const;  // something can be received without asking the descriptor
  void end();            // tells the peer that nothing more comes, if that can be said at once
  // The certificate that the peer has shown and proven to hold; nothing when it has shown none.
  std::optional<x509::Certificate> peer() const;

 private:
  Step after(int result, size_t bytes);
  ssl_st* ssl_;
  bool usable_ = true;  // after a failure OpenSSL must not be called again
};

}  // namespace polly::tls
