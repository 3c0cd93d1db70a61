// Inside base only: a socket for Poco's HTTP sessions that keeps one deadline over a whole message.
//
// Poco's streams end in the same way for a message that is complete, one that was cut short and one that took too long,
// and they swallow what is thrown through them. So nothing is thrown here: what went wrong is kept, and asked for when
// Poco is done.
#pragma once

#include <Poco/Net/StreamSocketImpl.h>

#include <memory>
#include <optional>
#include <string>

#include "base/http_sockets.h"
#include "base/tls_session.h"

namespace polly::http {

// Reference counted by Poco's sockets. Used by one thread at a time.
class Channel : public Poco::Net::StreamSocketImpl {
 public:
  explicit Channel(UniqueFd fd);  // which does not block

  // A message begins, in one direction or both. Counts and failures of the one before are forgotten.
  void begin(Deadline deadline);
  // How many bytes may come from now on; `what` has more when there are more.
  void allow(uint64_t bytes, const char* what);
  // From here on all is said in TLS.
  Status begin_tls(std::unique_ptr<tls::Session> session);

  // Of receiving: unavailable (the peer closed or is gone), timeout, too_large. Nothing comes after it.
  const std::optional<Error>& failure() const { return failure_; }
  // Of sending; what is sent after it is dropped. An answer may have come all the same.
  const std::optional<Error>& send_failure() const { return send_failure_; }
  bool peer_ended() const { return peer_ended_; }  // the failure is an end in good order
  uint64_t received() const { return received_; }
  uint64_t sent() const { return sent_; }
  // Whether all that was received, but for the last `ahead` bytes, ends in an empty line: so does a head, and the last
  // chunk of a body, and neither does when Poco has given up on it.
  bool at_blank_line(size_t ahead) const;
  std::optional<x509::Certificate> peer() const;  // of whom TLS has verified
  // Waits until a read would not: false when the deadline passes first, after which waiting may go on.
  bool await(Deadline deadline);
  bool pending() const { return tls_ && tls_->pending(); }  // received, decrypted and not yet read
  int first_byte() const;  // of what has not been read yet, as it is on the wire; -1 when there is none
  // Closes so that the peer can still read what was sent, although not all that it sends is read.
  void close_gently(Deadline deadline);

  int receiveBytes(void* buffer, int length, int flags) override;
  int sendBytes(const void* buffer, int length, int flags) override;  // all of them
  bool poll(const Poco::Timespan& timeout, int mode) override;
  void close() override;
  // Poco asks and sets these for each connection or request; nobody reads them.
  void setReceiveTimeout(const Poco::Timespan&) override {}
  Poco::Net::SocketAddress address() override { return {}; }
  Poco::Net::SocketAddress peerAddress() override { return {}; }

 private:
  template <class Attempt>
  size_t run(std::optional<Error>& failure, Attempt attempt);

  std::unique_ptr<tls::Session> tls_;
  Deadline deadline_ = Deadline::max();
  uint64_t allowed_ = UINT64_MAX;
  const char* what_ = "the message";
  std::optional<Error> failure_;
  std::optional<Error> send_failure_;
  bool peer_ended_ = false;
  uint64_t received_ = 0;
  uint64_t sent_ = 0;
  std::string recent_;  // what came last, and three bytes from before it
};

}  // namespace polly::http
