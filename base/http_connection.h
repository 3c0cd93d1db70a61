// Inside base only: the server's side of one connection.
#pragma once

#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerSession.h>

#include <atomic>

#include "base/http_server.h"
#include "base/http_session.h"

namespace Poco::Net {
class HTTPServerRequestImpl;
class HTTPServerResponseImpl;
}  // namespace Poco::Net

namespace polly::http {

// What all connections of a server share. Outlives them.
struct Serving {
  Handler handler;
  ServerOptions options;
  std::atomic<bool> stopping{false};
};

// Serves requests one after the other until the peer, an error or stop() ends it.
class Connection {
 public:
  Connection(Serving& serving, UniqueFd fd, Peer peer);
  void run();  // throws nothing
  // From another thread. An idle connection ends at once, one at work after its answer.
  void stop();
  // From another thread: ends it in the middle of its work. The handler is not interrupted.
  void cut() const;

 private:
  bool secure();
  bool serve_one();
  bool serve_message();
  Result<Request> read(Poco::Net::HTTPServerRequestImpl& message, Poco::Net::HTTPServerResponseImpl& answer);
  Response handle(const Request& request);
  bool respond(Poco::Net::HTTPServerResponseImpl& answer, const Response& response, bool keep_alive, bool seen);
  // Answers what no handler saw, and gives the connection up.
  void refuse(const Error& error);

  Serving& serving_;
  const int fd_;
  Peer peer_;
  Over<Poco::Net::HTTPServerSession> session_;
  Channel& channel_;
  bool settled_ = false;  // whether it is said in TLS or not
  enum class State { idle, working, stopped };
  std::atomic<State> state_{State::idle};
};

}  // namespace polly::http
