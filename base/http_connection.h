// Inside base only: the server's side of one connection.
#pragma once

#include <atomic>
#include <optional>

#include "base/http_head.h"
#include "base/http_server.h"
#include "base/http_wire.h"

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
  // The descriptor belongs to the caller; one that is a Unix socket has its peer looked up.
  Connection(Serving& serving, int fd, Peer peer);
  void run();
  // From another thread. An idle connection ends at once, one at work after its answer.
  void stop();
  // From another thread: ends it in the middle of its work. The handler is not interrupted.
  void cut() const;

 private:
  bool serve_one();
  std::optional<Request> receive(Deadline deadline);
  Response handle(const Request& request);
  bool respond(const Response& response);
  // Answers what no handler saw, and gives the connection up.
  void refuse(const Error& error);

  Serving& serving_;
  int fd_;
  Peer peer_;
  Wire wire_;
  RequestHead head_;
  enum class State { idle, working, stopped };
  std::atomic<State> state_{State::idle};
};

}  // namespace polly::http
