// A server of ours on a Unix socket and on TCP, and how tests look at its answers.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

#include "base/http_client.h"
#include "base/http_server.h"
#include "tests/base/raw_peer.h"
#include "tests/base/scratch.h"

namespace polly::http {

enum class Kind { unix_socket, tcp };

class HttpTest : public testing::TestWithParam<Kind> {
 protected:
  static Handler echo() {
    return [](const Request& request) {
      Response response;
      response.body = request.method + " " + request.path + " " + request.body;
      return response;
    };
  }

  Endpoint address() const {
    Endpoint endpoint;
    if (GetParam() == Kind::unix_socket) {
      endpoint.socket_path = scratch_ / "s.sock";
    } else {
      endpoint.host = "127.0.0.1";
    }
    return endpoint;
  }
  void serve(Handler handler, ServerOptions options = {}) {
    auto counted = [this, handler = std::move(handler)](const Request& request) {
      ++handled_;
      return handler(request);
    };
    // A server that is restarted on TCP takes the port it had.
    Endpoint where = address();
    where.port = endpoint_.port;
    auto server = Server::start(where, counted, std::move(options));
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    endpoint_ = where;
    if (!endpoint_.is_unix()) endpoint_.port = server_->port();
  }
  RawPeer connect() const { return RawPeer(endpoint_); }
  // Says it on a connection of its own and returns everything that comes back until the server closes.
  std::string exchange(std::string_view text) const {
    RawPeer peer = connect();
    peer.send(text);
    return peer.read_all();
  }

  Scratch scratch_;
  Endpoint endpoint_;
  std::unique_ptr<Server> server_;
  std::atomic<int> handled_{0};
};

inline std::string kind_name(const testing::TestParamInfo<Kind>& info) {
  return info.param == Kind::unix_socket ? "Unix" : "Tcp";
}

inline int status_of(const std::string& answer) {
  return answer.starts_with("HTTP/1.1 ") ? std::atoi(answer.c_str() + 9) : 0;
}
inline std::string body_of(const std::string& answer) {
  const size_t end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "" : answer.substr(end + 4);
}
// The code in our own error body; "" when it is none.
inline std::string error_code_of(const std::string& answer) {
  auto json = Json::parse(body_of(answer));
  return json ? (*json)["error"]["code"].as_string() : "";
}

}  // namespace polly::http
