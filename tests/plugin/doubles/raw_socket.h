// A connection to a Unix socket on which anything can be said.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <string>

#include "base/unique_fd.h"

namespace polly::test {

class RawSocket {
 public:
  explicit RawSocket(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    connected_ = ::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  bool connected() const { return connected_; }

  bool send(const std::string& text) {
    size_t sent = 0;
    while (sent < text.size()) {
      auto n = ::send(fd_.get(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) return false;
      sent += static_cast<size_t>(n);
    }
    return true;
  }
  // A call as dockerd makes it.
  bool post(const std::string& path, const std::string& body) {
    return send("POST " + path + " HTTP/1.1\r\nHost: \r\nUser-Agent: Go-http-client/1.1\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\nAccept: application/vnd.docker.plugins.v1.2+json\r\n\r\n" + body);
  }
  // One response, headers and body; "" when the connection ends or nothing comes in time.
  std::string receive(int limit_ms = 5'000) {
    std::string text;
    for (;;) {
      auto head = text.find("\r\n\r\n");
      if (head != std::string::npos && text.size() >= head + 4 + length_of(text)) return text;
      pollfd waiting{fd_.get(), POLLIN, 0};
      if (::poll(&waiting, 1, limit_ms) <= 0) return "";
      char buffer[4096];
      auto n = ::recv(fd_.get(), buffer, sizeof(buffer), 0);
      if (n <= 0) return text;
      text.append(buffer, static_cast<size_t>(n));
    }
  }
  void end_sending() { ::shutdown(fd_.get(), SHUT_WR); }

 private:
  static size_t length_of(const std::string& text) {
    auto at = text.find("Content-Length: ");
    return at == std::string::npos ? 0 : std::stoul(text.substr(at + 16));
  }
  UniqueFd fd_;
  bool connected_ = false;
};

}  // namespace polly::test
