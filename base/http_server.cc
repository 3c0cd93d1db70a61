// Poco's TCPServer accepts and gives each connection a thread; what is said on a connection stands in
// http_connection.cc.
#include "base/http_server.h"

#include <Poco/ErrorHandler.h>
#include <Poco/Net/ServerSocketImpl.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/Net/TCPServerConnection.h>
#include <Poco/Net/TCPServerConnectionFactory.h>
#include <Poco/ThreadPool.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <set>

#include "base/http_connection.h"
#include "base/http_sockets.h"
#include "base/log.h"
#include "base/mutex.h"

namespace polly::http {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kGraceForWork{5};
constexpr int kMaxQueued = 64;

// Servers that are being stopped. Waking their accept() makes it fail, which is no news.
std::atomic<int> stopping_servers{0};

// Poco swallows what its threads throw unless told otherwise: accept() at the limit of descriptors, which can repeat as
// fast as the processor goes, or a peer that was gone before it was looked at.
class LogErrors : public Poco::ErrorHandler {
 public:
  void exception(const Poco::Exception& e) override { report(e.displayText()); }
  void exception(const std::exception& e) override { report(e.what()); }
  void exception() override { report("something that is no exception"); }

  static void install() {
    static LogErrors handler;
    Poco::ErrorHandler::set(&handler);
  }

 private:
  void report(const std::string& what) {
    if (stopping_servers > 0) return;
    const auto now = steady_clock::now().time_since_epoch().count();
    auto last = last_.load();
    if (now - last < steady_clock::duration(std::chrono::seconds(1)).count() && last != 0) return;
    if (last_.compare_exchange_strong(last, now)) log::error("http server thread failed: {}", what);
  }
  std::atomic<steady_clock::rep> last_{0};
};

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

Peer peer_of(Poco::Net::StreamSocket& socket) {
  Peer peer;
  ucred credentials{};
  socklen_t length = sizeof(credentials);
  const bool local = socket.address().family() == Poco::Net::SocketAddress::UNIX_LOCAL;
  if (!local) {
    peer.address = socket.peerAddress().toString();
  } else if (::getsockopt(socket.impl()->sockfd(), SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0) {
    peer.pid = credentials.pid;
    peer.uid = static_cast<int>(credentials.uid);
  }
  return peer;
}

struct Shared {
  Serving serving;
  Connections connections;
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

class ServedConnection : public Poco::Net::TCPServerConnection {
 public:
  ServedConnection(const Poco::Net::StreamSocket& connected, Shared& shared)
      : TCPServerConnection(connected), shared_(shared) {}

  void run() override {
    const int fd = socket().impl()->sockfd();
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    Connection connection(shared_.serving, fd, peer_of(socket()));
    Registered registered(shared_.connections, connection);
    connection.run();
  }

 private:
  Shared& shared_;
};

class Factory : public Poco::Net::TCPServerConnectionFactory {
 public:
  explicit Factory(Shared& shared) : shared_(shared) {}
  Poco::Net::TCPServerConnection* createConnection(const Poco::Net::StreamSocket& connected) override {
    return new ServedConnection(connected, shared_);
  }

 private:
  Shared& shared_;
};

// A descriptor that listens already, as Poco takes it.
class AdoptedImpl : public Poco::Net::ServerSocketImpl {
 public:
  explicit AdoptedImpl(int fd) { reset(fd); }
};
class Adopted : public Poco::Net::ServerSocket {
 public:
  explicit Adopted(int fd) : ServerSocket(new AdoptedImpl(fd), true) {}
};

Poco::Net::TCPServerParams* params_of(const ServerOptions& options) {
  auto* params = new Poco::Net::TCPServerParams;
  params->setMaxThreads(options.max_threads);
  params->setMaxQueued(kMaxQueued);
  params->setThreadIdleTime(Poco::Timespan(0, 100'000));  // the default of 10 s holds up stopping as long
  return params;
}

class PocoServer : public Server {
 public:
  PocoServer(Listener listener, Handler handler, ServerOptions options)
      : listener_(std::move(listener)),
        shared_{{std::move(handler), std::move(options), {}}, {}},
        // More than the server uses: a thread counts as busy for a moment after its last connection.
        pool_(2, shared_.serving.options.max_threads + 16),
        socket_(::fcntl(listener_.fd(), F_DUPFD_CLOEXEC, 0)),
        server_(new Factory(shared_), pool_, socket_, params_of(shared_.serving.options)) {
    server_.start();
  }
  ~PocoServer() override {
    shared_.serving.stopping = true;
    ++stopping_servers;
    ::shutdown(listener_.fd(), SHUT_RD);  // or Poco's thread looks up only every 250 ms
    listener_.close();                    // its file goes first, so that callers find the next server and not this one
    server_.stop();
    socket_.close();  // stopped, it would still let callers queue up
    --stopping_servers;
    shared_.connections.stop();
    pool_.joinAll();  // a handler that does not return is waited for: it uses what its owner is about to destroy
  }
  int port() const override { return listener_.port(); }

 private:
  Listener listener_;
  Shared shared_;
  Poco::ThreadPool pool_;
  Adopted socket_;
  Poco::Net::TCPServer server_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const Endpoint& endpoint, Handler handler, ServerOptions options) {
  try {
    LogErrors::install();
    TRY(listener, Listener::open(endpoint, options.socket_mode));
    return std::make_unique<PocoServer>(std::move(listener), std::move(handler), std::move(options));
  } catch (const Poco::Exception& e) {
    return fail(Code::internal, "cannot serve on '{}': {}", endpoint.text(), e.displayText());
  } catch (const std::exception& e) {
    return fail(Code::internal, "cannot serve on '{}': {}", endpoint.text(), e.what());
  }
}

}  // namespace polly::http
