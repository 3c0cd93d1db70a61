// Calls a server. One client serves many threads: each call takes an idle connection or opens one.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <stop_token>
#include <string>

#include "base/http.h"
#include "base/http_lines.h"
#include "base/tls.h"

namespace polly::http {

struct Call {
  std::string method = "GET";
  std::string path{};  // encoded, with the query
  std::string body{};
  std::string content_type = "application/json";
  std::map<std::string, std::string> headers{};
  std::chrono::milliseconds timeout{10'000};  // of the whole call: connect, send and receive
  // May be sent twice without harm: repeated once when a kept-alive connection turns out to be closed.
  bool idempotent = true;
  size_t max_response = 64 * 1024 * 1024;
  // Ends the call from another thread, at once: it fails as one whose connection was lost. Looking up a host's name is
  // not ended.
  std::stop_token stop{};
};

class Client {
 public:
  // An https address without TLS settings is verified by what the system trusts.
  explicit Client(Endpoint endpoint, std::shared_ptr<const tls::Client> tls = nullptr);
  // Asked at each call of an https address; its errors are the call's.
  Client(Endpoint endpoint, tls::ClientSource tls);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Any HTTP status is an answer. Errors: unavailable (nothing was sent), unauthenticated (one side does not trust the
  // other's certificate; nobody took the request), timeout or unknown_outcome (it may have been
  // sent), too_large (it was answered, with more than max_response).
  Result<Response> call(const Call& call);
  // Asks for an answer that goes on, on a connection of its own. The timeout ends with its head, which has come when
  // this returns; max_response is of a line. Any status but 200 is an error, with the code that it stands for;
  // `invalid`: no body in chunks, or no HTTP.
  Result<Lines> follow(const Call& call);
  const Endpoint& endpoint() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

std::string encode_segment(std::string_view text);  // for a path or a query value

}  // namespace polly::http
