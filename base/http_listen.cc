#include <Poco/Exception.h>
#include <Poco/Net/SocketAddress.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "base/http_sockets.h"
#include "base/system.h"

namespace polly::http {
namespace {

constexpr int kBacklog = 1024;

tl::unexpected<Error> failed(const std::string& address, int error) {
  return fail(errno_code(error), "cannot listen on '{}': {}", address, errno_text(error));
}

sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), std::min(path.size(), sizeof(address.sun_path) - 1));
  return address;
}

const sockaddr* as_sockaddr(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

// Fine when there is nothing, or the socket of a server that is gone.
Status check_free(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) {
    const int error = errno;
    if (error == ENOENT) return {};
    return failed(path, error);
  }
  if (!S_ISSOCK(info.st_mode)) return fail(Code::exists, "cannot listen on '{}': it is not a socket", path);
  UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe) return failed(path, errno);
  const sockaddr_un address = unix_address(path);
  if (::connect(probe.get(), as_sockaddr(address), sizeof(address)) == 0 || errno == EAGAIN) {
    return fail(Code::busy, "cannot listen on '{}': another process serves it; stop that one first", path);
  }
  const int error = errno;
  if (error == ECONNREFUSED || error == ENOENT) return {};
  return failed(path, error);
}

// Binds beside the path and moves the socket there when it is ready: no umask (which belongs to all threads), and
// nobody meets a socket that does not listen yet. The directory's lock keeps two servers that start at once apart; a
// crash in between leaves a dead socket ".<pid>.new".
Result<UniqueFd> bind_unix(const std::string& path, int mode) {
  const std::string directory = path.substr(0, std::max(path.rfind('/'), size_t{1}));
  const std::string name = path.substr(path.rfind('/') + 1);
  UniqueFd dir(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!dir || ::flock(dir.get(), LOCK_EX) != 0) return failed(path, errno);
  TRY_STATUS(check_free(path));

  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return failed(path, errno);
  const std::string temporary = fmt::format(".{}.new", ::getpid());
  ::unlinkat(dir.get(), temporary.c_str(), 0);
  // By way of /proc, so that the longer name does not have to fit into an address.
  const sockaddr_un address = unix_address(fmt::format("/proc/self/fd/{}/{}", dir.get(), temporary));
  if (::bind(fd.get(), as_sockaddr(address), sizeof(address)) != 0) return failed(path, errno);
  if (::fchmodat(dir.get(), temporary.c_str(), static_cast<mode_t>(mode), 0) != 0 ||
      ::listen(fd.get(), kBacklog) != 0 || ::renameat(dir.get(), temporary.c_str(), dir.get(), name.c_str()) != 0) {
    auto error = failed(path, errno);
    ::unlinkat(dir.get(), temporary.c_str(), 0);
    return error;
  }
  return fd;
}

Result<UniqueFd> bind_tcp(const Endpoint& endpoint) {
  try {
    const Poco::Net::SocketAddress address(endpoint.host, static_cast<Poco::UInt16>(endpoint.port));
    UniqueFd fd(::socket(address.af(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return failed(endpoint.text(), errno);
    const int yes = 1;
    // Poco's own bind would allow a second server on the same port too (SO_REUSEPORT).
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (::bind(fd.get(), address.addr(), address.length()) != 0 || ::listen(fd.get(), kBacklog) != 0) {
      return failed(endpoint.text(), errno);
    }
    return fd;
  } catch (const Poco::Exception& e) {
    return fail(Code::invalid, "cannot listen on '{}': {}", endpoint.text(), e.displayText());
  }
}

}  // namespace

Result<Listener> Listener::open(const Endpoint& endpoint, int mode) {
  Listener listener;
  if (!endpoint.is_unix()) {
    TRY(fd, bind_tcp(endpoint));
    listener.fd_ = std::move(fd);
    return listener;
  }
  TRY(fd, bind_unix(endpoint.socket_path, mode));
  listener.fd_ = std::move(fd);
  struct stat info {};
  if (::lstat(endpoint.socket_path.c_str(), &info) == 0) {
    listener.path_ = endpoint.socket_path;
    listener.device_ = info.st_dev;
    listener.inode_ = info.st_ino;
  }
  return listener;
}

Listener::~Listener() {
  close();
}

void Listener::close() {
  if (!fd_) return;
  struct stat info {};
  const bool ours =
      !path_.empty() && ::lstat(path_.c_str(), &info) == 0 && info.st_dev == device_ && info.st_ino == inode_;
  if (ours) ::unlink(path_.c_str());
  fd_.reset();
}

int Listener::port() const {
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  if (::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0) return 0;
  if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
  if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port);
  return 0;
}

}  // namespace polly::http
