// Accepts connections and ends them; what is said on one stands in http_connection.cc.
#include "base/http_server.h"

#include <Poco/Exception.h>
#include <Poco/Net/SocketAddress.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>
#include <set>
#include <thread>

#include "base/http_connection.h"
#include "base/http_sockets.h"
#include "base/http_workers.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/system.h"

namespace polly::http {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kGraceForWork{5};
constexpr int kPauseAfterFailureMs = 100;

// The connections that are open. One that comes when stop() has been called ends at once.
class Connections {
 public:
  void add(Connection* connection) {
    Lock lock(mutex_);
    open_.insert(connection);
    if (stopping_) connection->stop();
  }
  void remove(Connection* connection) {
    Lock lock(mutex_);
    open_.erase(connection);
    changed_.notify_all();
  }
  // Ends idle ones at once and those at work with their answer; cuts what is left after a while.
  void stop() {
    Lock lock(mutex_);
    stopping_ = true;
    for (Connection* connection : open_) connection->stop();
    const auto deadline = steady_clock::now() + kGraceForWork;
    while (!open_.empty() && changed_.wait_until(mutex_, deadline)) {
    }
    if (open_.empty()) return;
    log::warn("http server stops in the middle of {} requests", open_.size());
    for (Connection* connection : open_) connection->cut();
  }

 private:
  Mutex mutex_;
  Condition changed_;
  bool stopping_ POLLY_GUARDED_BY(mutex_) = false;
  std::set<Connection*> open_ POLLY_GUARDED_BY(mutex_);
};

class Registered {
 public:
  Registered(Connections& all, Connection& one) : all_(all), one_(one) { all_.add(&one_); }
  ~Registered() { all_.remove(&one_); }
  Registered(const Registered&) = delete;
  Registered& operator=(const Registered&) = delete;

 private:
  Connections& all_;
  Connection& one_;
};

Peer peer_of(int fd, const sockaddr_storage& address, socklen_t length) {
  Peer peer;
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  if (address.ss_family != AF_UNIX) {
    peer.address = Poco::Net::SocketAddress(reinterpret_cast<const sockaddr*>(&address), length).toString();
  } else if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0) {
    peer.pid = credentials.pid;
    peer.uid = static_cast<int>(credentials.uid);
  }
  return peer;
}

class ListeningServer : public Server {
 public:
  ListeningServer(Listener listener, Handler handler, ServerOptions options)
      : listener_(std::move(listener)),
        port_(listener_.port()),
        wake_(::eventfd(0, EFD_CLOEXEC)),
        serving_{std::move(handler), std::move(options), {}},
        workers_(serving_.options.max_threads, [this](UniqueFd fd) { serve(std::move(fd)); }),
        acceptor_([this] { accept_all(); }) {}

  ~ListeningServer() override {
    serving_.stopping = true;
    ::eventfd_write(wake_.get(), 1);
    acceptor_.join();
    listener_.close();
    connections_.stop();
    workers_.stop();  // a handler that does not return is waited for: it uses what its owner is about to destroy
  }

  int port() const override { return port_; }

 private:
  // True when it is time to stop.
  bool wait(short listener_events, int timeout_ms) {
    std::array<pollfd, 2> events{pollfd{wake_.get(), POLLIN, 0}, pollfd{listener_.fd(), listener_events, 0}};
    ::poll(events.data(), events.size(), timeout_ms);
    return serving_.stopping;
  }

  void accept_all() {
    while (!wait(POLLIN, -1)) {
      UniqueFd fd(::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (fd) {
        workers_.take(std::move(fd));
      } else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
        // Out of descriptors or memory: the caller stays in the backlog, and asking again at once would burn a core.
        log::error("http server cannot accept a connection: {}", errno_text(errno));
        if (wait(0, kPauseAfterFailureMs)) return;
      }
    }
  }

  // In a thread of the connection's own; keeps what goes wrong inside it.
  void serve(UniqueFd fd) {
    try {
      sockaddr_storage address{};
      socklen_t length = sizeof(address);
      if (::getpeername(fd.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0) return;  // gone already
      const int yes = 1;
      if (address.ss_family != AF_UNIX) ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
      Peer peer = peer_of(fd.get(), address, length);
      Connection connection(serving_, std::move(fd), std::move(peer));
      Registered registered(connections_, connection);
      connection.run();
    } catch (const Poco::Exception& e) {
      log::error("http connection failed: {}", e.displayText());
    } catch (const std::exception& e) {
      log::error("http connection failed: {}", e.what());
    }
  }

  Listener listener_;
  const int port_;
  UniqueFd wake_;  // readable when it is time to stop
  Serving serving_;
  Connections connections_;
  Workers workers_;
  std::thread acceptor_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const Endpoint& endpoint, Handler handler, ServerOptions options) {
  if (endpoint.tls && !options.tls) {
    return fail(Code::invalid, "cannot serve on '{}': it needs a certificate", endpoint.text());
  }
  TRY(listener, Listener::open(endpoint, options.socket_mode));
  try {
    return std::make_unique<ListeningServer>(std::move(listener), std::move(handler), std::move(options));
  } catch (const std::exception& e) {  // no thread to be had
    return fail(Code::exhausted, "cannot serve on '{}': {}", endpoint.text(), e.what());
  }
}

}  // namespace polly::http
