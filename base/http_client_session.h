// Inside base only: one connection of a client.
#pragma once

#include <Poco/Net/HTTPClientSession.h>

#include "base/http_client.h"
#include "base/http_session.h"

namespace polly::http {

// It never connects again by itself, as Poco's would: what is lost is for the call to judge.
class ClientSession : public Over<Poco::Net::HTTPClientSession> {
 public:
  ClientSession(Channel* channel, std::shared_ptr<const tls::Client> by) : Over(channel), by_(std::move(by)) {
    setKeepAlive(true);
  }
  bool is_by(const std::shared_ptr<const tls::Client>& tls) const { return by_ == tls; }
  bool mustReconnect() const override { return false; }
  // Something to read on an idle connection is its end, or an answer that nobody asked for.
  bool is_stale();

  // Fine also when a server has stopped reading: one that refuses a large body answers before it has all of it.
  Status send(const Call& call, const Endpoint& endpoint);

  struct Head {
    Response response;  // without its body
    Framing framing;
    bool keep_alive = false;
    std::istream* body = nullptr;  // as Poco reads it; the session's
  };
  Result<Head> receive_head(const Call& call);
  Result<Response> receive(const Call& call, bool& keep_alive);
  // Bytes of the body as they are on the wire, past Poco: at least one, or what ended them.
  Result<std::string_view> receive_raw(char* buffer, size_t size);

 private:
  const std::shared_ptr<const tls::Client> by_;  // by which it was opened
};

}  // namespace polly::http
