// Accepts connections, gives each a thread and ends them all; what is said on one stands in http_connection.cc.
//
// Poco's TCPServer is not used for this: in 1.11 its dispatcher can crash and stall while it stops, and it shares each
// socket between two threads in a way that a race detector cannot follow.
#include "base/http_server.h"

#include <Poco/Net/SocketAddress.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>
#include <deque>
#include <map>
#include <set>
#include <system_error>
#include <thread>

#include "base/http_connection.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/system.h"

namespace polly::http {
namespace {

using std::chrono::steady_clock;

constexpr size_t kMaxWaiting = 64;
constexpr std::chrono::seconds kIdleThread{10};  // before a thread without a connection ends
constexpr std::chrono::seconds kGraceForWork{5};
constexpr int kPauseAfterFailureMs = 100;

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
        acceptor_([this] { accept_all(); }) {}

  ~ListeningServer() override {
    serving_.stopping = true;
    ::eventfd_write(wake_.get(), 1);
    acceptor_.join();
    listener_.close();
    stop_threads();
    join_ended();
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
        take(std::move(fd));
        join_ended();
      } else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
        // Out of descriptors or memory: the caller stays in the backlog, and asking again at once would burn a core.
        log::error("http server cannot accept a connection: {}", errno_text(errno));
        if (wait(0, kPauseAfterFailureMs)) return;
      }
    }
  }

  // Beyond max_threads some connections wait for their turn; those beyond them are closed.
  void take(UniqueFd fd) {
    Lock lock(mutex_);
    if (waiting_.size() >= kMaxWaiting + static_cast<size_t>(free_)) return;
    waiting_.push_back(std::move(fd));
    if (waiting_.size() > static_cast<size_t>(free_) && threads_ < serving_.options.max_threads) {
      try {
        std::thread thread(&ListeningServer::work, this);
        const auto id = thread.get_id();
        running_.emplace(id, std::move(thread));
        ++threads_;
        ++free_;
      } catch (const std::system_error& e) {
        log::warn("http server cannot start a thread: {}", e.what());  // the connection waits for another one to end
      }
    }
    changed_.notify_one();
  }

  void work() {
    for (UniqueFd fd; next(fd);) {
      serve(std::move(fd));
      Lock lock(mutex_);
      ++free_;
    }
  }

  // False when this thread has no more to do.
  bool next(UniqueFd& fd) {
    Lock lock(mutex_);
    const auto deadline = steady_clock::now() + kIdleThread;
    bool in_time = true;
    while (waiting_.empty() && !serving_.stopping && in_time) in_time = changed_.wait_until(mutex_, deadline);
    --free_;
    if (!waiting_.empty()) {
      fd = std::move(waiting_.front());
      waiting_.pop_front();
      return true;
    }
    --threads_;
    ended_.push_back(std::move(running_.extract(std::this_thread::get_id()).mapped()));
    changed_.notify_all();
    return false;
  }

  // What libraries keep for a thread goes with it, so none is left to end by itself.
  void join_ended() {
    std::vector<std::thread> ended;
    {
      Lock lock(mutex_);
      ended.swap(ended_);
    }
    for (auto& thread : ended) thread.join();
  }

  // Keeps what goes wrong inside it.
  void serve(UniqueFd fd) {
    try {
      sockaddr_storage address{};
      socklen_t length = sizeof(address);
      if (::getpeername(fd.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0) return;  // gone already
      const int yes = 1;
      if (address.ss_family != AF_UNIX) ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
      Peer peer = peer_of(fd.get(), address, length);
      Connection connection(serving_, std::move(fd), std::move(peer));
      {
        Lock lock(mutex_);
        open_.insert(&connection);
        if (serving_.stopping) connection.stop();
      }
      connection.run();
      Lock lock(mutex_);
      open_.erase(&connection);
    } catch (const std::exception& e) {
      log::error("http connection failed: {}", e.what());
    }
  }

  // Ends idle connections at once and those at work with their answer; cuts what is left after a while. A handler that
  // does not return is waited for: it uses what its owner is about to destroy.
  void stop_threads() {
    Lock lock(mutex_);
    waiting_.clear();
    for (Connection* connection : open_) connection->stop();
    changed_.notify_all();
    const auto deadline = steady_clock::now() + kGraceForWork;
    while (threads_ > 0 && changed_.wait_until(mutex_, deadline)) {
    }
    if (!open_.empty()) log::warn("http server stops in the middle of {} requests", open_.size());
    for (Connection* connection : open_) connection->cut();
    while (threads_ > 0) changed_.wait(mutex_);
  }

  Listener listener_;
  const int port_;
  UniqueFd wake_;  // readable when it is time to stop
  Serving serving_;
  Mutex mutex_;
  Condition changed_;
  std::set<Connection*> open_ POLLY_GUARDED_BY(mutex_);
  std::map<std::thread::id, std::thread> running_ POLLY_GUARDED_BY(mutex_);
  std::vector<std::thread> ended_
      POLLY_GUARDED_BY(mutex_);  // to be joined; with their last step behind them, or nearly
  std::deque<UniqueFd> waiting_ POLLY_GUARDED_BY(mutex_);
  int threads_ POLLY_GUARDED_BY(mutex_) = 0;
  int free_ POLLY_GUARDED_BY(mutex_) = 0;  // of these, without a connection; also those that are only starting
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
