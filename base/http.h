// HTTP messages as the rest of Polly sees them. Servers and clients stand in http_server.h and http_client.h.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace polly::http {

struct Peer {
  std::string address;  // "10.0.0.1:4711"; empty on a Unix socket
  // On a Unix socket, who connected (SO_PEERCRED).
  std::optional<int> pid;
  std::optional<int> uid;
  // Over TLS, whom the certificate names that was shown and verified; all empty when there was none.
  struct Certificate {
    std::string common_name;
    std::string organization;
    std::string serial;       // hex
    std::string fingerprint;  // SHA-256, hex
  };
  Certificate certificate;
};

struct Request {
  std::string method;                          // GET, POST, ..
  std::string path;                            // decoded, without the query
  std::map<std::string, std::string> query;    // decoded; the last of equal keys
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  Peer peer;
  std::map<std::string, std::string> params;  // of the route: /v1/volumes/{name}
  // The path as it was sent, which is what a Router splits: "swarm%2Fdb" is one segment. Empty in a request made by
  // hand.
  std::string raw_path;

  const std::string& header(const std::string& lower_case_name) const;  // "" when absent
  const std::string& param(const std::string& name) const;              // "" when absent
};

struct Response {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::map<std::string, std::string> headers;

  static Response json(const Json& body, int status = 200);
  // {"error":{"code":"not_found","message":".."}} with the code's status.
  static Response error(const Error& error);
};

// "Sun, 06 Nov 1994 08:49:37 GMT", as the header field Date has it: since 1970, by the clock of whoever sent it.
Result<std::chrono::seconds> parse_date(const std::string& text);

// What a response says went wrong, by our error body or by its status alone.
Error error_of(const Response& response);

// `always`: also where the address does not say so; http:// is refused then.
enum class Https { refused, taken, always };

// An address to listen on or to call: "unix:///run/polly/x.sock", "tcp://10.0.0.1:7979", "http://..", "10.0.0.1:7979";
// "https://..", where the caller knows which certificates to show and to trust.
struct Endpoint {
  std::string socket_path{};  // set for a Unix socket
  std::string host{};
  int port = 0;
  bool tls = false;

  static Result<Endpoint> parse(std::string_view text, int default_port, Https https = Https::refused);
  bool is_unix() const { return !socket_path.empty(); }
  std::string text() const;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

}  // namespace polly::http
