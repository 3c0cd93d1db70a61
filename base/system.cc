#include "base/system.h"

#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "base/files.h"
#include "base/unique_fd.h"

namespace polly {
namespace {

sigset_t handled_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGTERM);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGCHLD);  // a signal that is not blocked cannot be waited for
  return set;
}

}  // namespace

Result<std::string> boot_id() {
  const char* elsewhere = ::getenv("POLLY_BOOT_ID_FILE");
  const std::string path = elsewhere && *elsewhere ? elsewhere : "/proc/sys/kernel/random/boot_id";
  TRY(text, files::read(path, 4096));
  const size_t end = text.find_first_of(" \t\r\n");
  std::string id = text.substr(0, end);
  if (id.empty()) return fail(Code::corrupt, "cannot tell this boot from others: '{}' is empty", path);
  return id;
}

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "localhost";
  return name.data();
}

std::string make_id() {
  std::array<unsigned char, 16> bytes{};
  size_t have = 0;
  while (have < bytes.size()) {
    ssize_t n = ::getrandom(bytes.data() + have, bytes.size() - have, 0);
    if (n > 0) have += static_cast<size_t>(n);
  }
  std::string id;
  for (unsigned char byte : bytes) fmt::format_to(std::back_inserter(id), "{:02x}", byte);
  return id;
}

std::string errno_text(int error) {
  std::array<char, 256> buffer{};
  return ::strerror_r(error, buffer.data(), buffer.size());
}

Code errno_code(int error) {
  switch (error) {
    case ENOENT:
    case ENXIO:
    case ENODEV:
      return Code::not_found;
    case EEXIST:
    case ENOTEMPTY:
      return Code::exists;
    case EACCES:
    case EPERM:
      return Code::refused;
    case EBUSY:
    case ETXTBSY:
    case EADDRINUSE:
      return Code::busy;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return Code::exhausted;
    case ETIMEDOUT:
      return Code::timeout;
    case EINVAL:
    case ENOTDIR:
    case EISDIR:
    case ENAMETOOLONG:
    case ELOOP:
      return Code::invalid;
    case EOPNOTSUPP:
    case ENOSYS:
      return Code::unsupported;
    case EROFS:
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
      return Code::unavailable;
    default:
      return Code::internal;
  }
}

void notify_supervisor(const std::string& state) {
  const char* path = ::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const size_t length = path ? ::strlen(path) : 0;
  if (length == 0 || length >= sizeof(address.sun_path)) return;
  ::memcpy(address.sun_path, path, length);
  if (path[0] == '@') address.sun_path[0] = '\0';  // a name in the abstract namespace
  UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  // Nobody is told when this fails: a supervisor that does not hear of us says so itself.
  ::sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&address), size);
}

void prepare_signals() {
  const sigset_t set = handled_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

void wait_for_stop(const std::function<void()>& on_child) {
  const sigset_t set = handled_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  for (;;) {
    const int signal = ::sigwaitinfo(&set, nullptr);
    if (signal == SIGTERM || signal == SIGINT) return;
    if (signal == SIGCHLD && on_child) on_child();
  }
}

}  // namespace polly
