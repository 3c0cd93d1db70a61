#include <Poco/Exception.h>
#include <Poco/Net/DNS.h>
#include <Poco/Net/HostEntry.h>
#include <Poco/Net/SocketAddress.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "base/http_sockets.h"
#include "base/system.h"
#include "base/within.h"

namespace polly::http {
namespace {

// In the order in which they are tried.
using Addresses = std::vector<Poco::Net::SocketAddress>;

Result<Addresses> look_up(const std::string& host, Poco::UInt16 port) {
  try {
    Addresses addresses;
    const Poco::Net::HostEntry entry = Poco::Net::DNS::hostByName(host);
    for (const auto& address : entry.addresses()) addresses.emplace_back(address, port);
    return addresses;
  } catch (const Poco::Exception& e) {
    return fail(Code::unavailable, "{}", e.displayText());
  }
}

Result<Addresses> resolve(const Endpoint& endpoint, Deadline deadline) {
  if (endpoint.is_unix())
    return Addresses{Poco::Net::SocketAddress(Poco::Net::SocketAddress::UNIX_LOCAL, endpoint.socket_path)};
  const auto port = static_cast<Poco::UInt16>(endpoint.port);
  Poco::Net::IPAddress literal;
  if (Poco::Net::IPAddress::tryParse(endpoint.host, literal)) return Addresses{Poco::Net::SocketAddress(literal, port)};
  auto found = within<Addresses>(deadline, [host = endpoint.host, port] { return look_up(host, port); });
  if (!found && found.error().code == Code::timeout)
    return fail(Code::unavailable, "its name was not resolved in time");
  return found;
}

constexpr int kLookForStop = 100;  // ms

// 0, or the errno that says why not.
int finish(int fd, Deadline deadline, const std::stop_token& stop) {
  const int64_t longest = stop.stop_possible() ? kLookForStop : 60'000;
  for (;;) {
    if (stop.stop_requested()) return ECANCELED;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    if (left <= 0) return ETIMEDOUT;
    pollfd one{fd, POLLOUT, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(std::min<int64_t>(left, longest)));
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    int error = 0;
    socklen_t length = sizeof(error);
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
    return error;
  }
}

int connect_one(const Poco::Net::SocketAddress& address, Deadline deadline, const std::stop_token& stop,
                UniqueFd& connected) {
  UniqueFd fd(::socket(address.af(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return errno;
  for (;;) {
    if (::connect(fd.get(), address.addr(), address.length()) == 0) break;
    if (errno == EAGAIN) {  // a Unix server whose backlog is full: nothing to poll for
      if (std::chrono::steady_clock::now() > deadline) return ETIMEDOUT;
      if (stop.stop_requested()) return ECANCELED;
      ::poll(nullptr, 0, 10);
      continue;
    }
    const int error = errno == EINPROGRESS || errno == EINTR ? finish(fd.get(), deadline, stop) : errno;
    if (error != 0) return error;
    break;
  }
  const int yes = 1;
  if (address.af() != AF_UNIX) ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
  connected = std::move(fd);
  return 0;
}

}  // namespace

void Waker::Shut::operator()() const noexcept {
  ::shutdown(fd, SHUT_RDWR);
}

Result<UniqueFd> connect_to(const Endpoint& endpoint, Deadline deadline, const std::stop_token& stop) {
  auto addresses = resolve(endpoint, deadline);
  if (!addresses) return fail(Code::unavailable, "cannot reach {}: {}", endpoint.text(), addresses.error().message);
  int error = ENOENT;
  UniqueFd fd;
  for (const auto& address : *addresses) {
    error = connect_one(address, deadline, stop, fd);
    if (error == 0) return fd;
  }
  return fail(Code::unavailable, "cannot reach {}: {}", endpoint.text(), errno_text(error));
}

}  // namespace polly::http
