// A server on a TCP address or a Unix socket; a thread for each connection that is at work.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "base/http.h"
#include "base/tls.h"

namespace polly::http {

using Handler = std::function<Response(const Request&)>;

// Routes a request by method and path. Patterns hold parameters: "/v1/volumes/{name}". No route: 404; a route with
// other methods only: 405.
class Router {
 public:
  Router& on(std::string method, std::string pattern, Handler handler);
  Response operator()(const Request& request) const;
  // Method and pattern of each route, as given; for descriptions of the API and for tests.
  std::vector<std::pair<std::string, std::string>> routes() const;

 private:
  struct Route {
    std::string method;
    std::string pattern;
    std::vector<std::string> segments;
    Handler handler;
  };
  std::vector<Route> routes_;
};

struct ServerOptions {
  size_t max_body = 64 * 1024;  // larger: 413 with our error body, the rest unread, connection closed
  int max_threads = 1024;
  std::chrono::milliseconds idle_timeout{10'000};  // of a kept-alive connection
  std::chrono::milliseconds receive_timeout{
      30'000};             // of a whole request from its first byte, and of sending an answer
  int socket_mode = 0600;  // of a Unix socket
  // Of an https address; its handshake is under the receive timeout too. May be reloaded while the server runs.
  std::shared_ptr<tls::Server> tls = nullptr;
  // What an error looks like when no handler saw the request (too large, half a request, a handler that threw).
  std::function<Response(const Error&)> render_error = Response::error;
};

class Server {
 public:
  // Starts listening. A Unix socket on which somebody answers is not taken over: `busy`. A dead one is replaced.
  static Result<std::unique_ptr<Server>> start(const Endpoint& endpoint, Handler handler, ServerOptions options = {});
  // Takes no more requests, lets those at work end for up to five seconds, removes its socket.
  virtual ~Server() = default;
  virtual int port() const = 0;  // the port in use, when 0 was asked for
};

}  // namespace polly::http
