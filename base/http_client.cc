#include "base/http_client.h"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <poll.h>

#include <algorithm>

#include "base/http_session.h"
#include "base/mutex.h"

namespace polly::http {
namespace {

using std::chrono::steady_clock;

constexpr size_t kMaxIdle = 16;
// Shorter than our servers wait for the next request (10 s), so that it is they who find the connection closed.
constexpr std::chrono::seconds kMaxIdleTime{8};

Status check(const Call& call) {
  auto breaks_line = [](unsigned char c) { return c <= 0x20 || c == 0x7f; };
  const bool valid = call.path.starts_with('/') && !call.method.empty() &&
                     std::none_of(call.path.begin(), call.path.end(), breaks_line) &&
                     std::none_of(call.method.begin(), call.method.end(), breaks_line);
  if (valid) return {};
  return fail(Code::invalid, "cannot call '{} {}': not a method and an encoded path", call.method, call.path);
}

// One connection. It never connects again by itself, as Poco's would: what is lost is for the call to judge.
class Session : public Over<Poco::Net::HTTPClientSession> {
 public:
  Session(Channel* channel, std::shared_ptr<const tls::Client> tls) : Over(channel), tls_(std::move(tls)) {
    setKeepAlive(true);
  }
  bool is_by(const std::shared_ptr<const tls::Client>& tls) const { return tls_ == tls; }
  bool mustReconnect() const override { return false; }
  // Something to read on an idle connection is its end, or an answer that nobody asked for.
  bool is_stale() {
    pollfd one{channel().sockfd(), POLLIN | POLLRDHUP, 0};
    return channel().pending() || ::poll(&one, 1, 0) != 0;
  }

  Status send(const Call& call, const Endpoint& endpoint);
  Result<Response> receive(const Call& call, bool& keep_alive);

 private:
  const std::shared_ptr<const tls::Client> tls_;  // by which it was opened
};

// Fine also when a server has stopped reading: one that refuses a large body answers before it has all of it.
Status Session::send(const Call& call, const Endpoint& endpoint) {
  Poco::Net::HTTPRequest request(call.method, call.path, Poco::Net::HTTPMessage::HTTP_1_1);
  // A server in Go refuses a request without a host, also on a Unix socket.
  Endpoint host = endpoint;
  host.tls = false;
  request.set("Host", endpoint.is_unix() ? "polly" : host.text());
  for (const auto& [name, value] : call.headers) request.add(name, one_line(value));
  if (!call.body.empty()) request.set("Content-Type", one_line(call.content_type));
  const bool takes_body = call.method != "GET" && call.method != "HEAD" && call.method != "DELETE";
  if (takes_body || !call.body.empty()) request.setContentLength64(static_cast<Poco::Int64>(call.body.size()));
  std::ostream& out = sendRequest(request);
  out.write(call.body.data(), static_cast<std::streamsize>(call.body.size()));
  out.flush();
  const auto& failure = channel().send_failure();
  if (failure && (channel().sent() == 0 || failure->code != Code::unavailable)) return fail(*failure);
  return {};
}

Result<Response> Session::receive(const Call& call, bool& keep_alive) {
  channel().allow(kMaxHead, "the header");
  Poco::Net::HTTPResponse head;
  std::istream& in = receiveResponse(head);
  TRY_STATUS(check_head());
  Response response;
  response.status = head.getStatus();
  if (!head.getVersion().starts_with("HTTP/1.") || response.status < 100 || response.status > 999) {
    return fail(Code::invalid, "it is not HTTP");
  }
  TRY(headers, read_fields(head));
  TRY(framing, framing_of(headers));
  keep_alive = head.getKeepAlive();
  if (response.status < 200 || response.status == 204 || response.status == 304 || call.method == "HEAD") {
    framing = {};
  } else if (framing.kind == Framing::Kind::none) {
    framing.kind = Framing::Kind::until_close;
    keep_alive = false;
  }
  TRY(text, body(in, framing, call.max_response));
  response.body = std::move(text);
  response.content_type = headers["content-type"];
  response.headers = std::move(headers);
  return response;
}

}  // namespace

struct Client::Impl {
  struct Idle {
    std::unique_ptr<Session> session;
    steady_clock::time_point since;
  };

  Endpoint endpoint;
  tls::ClientSource tls;
  Mutex mutex;
  std::vector<Idle> idle POLLY_GUARDED_BY(mutex);

  std::unique_ptr<Session> take(const std::shared_ptr<const tls::Client>& by) {
    Lock lock(mutex);
    const auto oldest = steady_clock::now() - kMaxIdleTime;
    std::erase_if(idle, [&](const Idle& one) { return one.since < oldest || !one.session->is_by(by); });
    while (!idle.empty()) {
      std::unique_ptr<Session> session = std::move(idle.back().session);
      idle.pop_back();
      if (!session->is_stale()) return session;
    }
    return nullptr;
  }
  void put_back(std::unique_ptr<Session> session) {
    Lock lock(mutex);
    if (idle.size() < kMaxIdle) idle.push_back({std::move(session), steady_clock::now()});
  }

  struct Attempt {
    Result<Response> result;
    bool worth_repeating = false;  // a kept-alive connection that turned out to be closed
  };
  Result<std::unique_ptr<Session>> open(const std::shared_ptr<const tls::Client>& by, Deadline deadline) const;
  Attempt attempt(const Call& call, std::unique_ptr<Session> session, bool reused, Deadline deadline);
  Error describe(const Call& call, const Error& error, bool sent) const;
};

Result<std::unique_ptr<Session>> Client::Impl::open(const std::shared_ptr<const tls::Client>& by,
                                                    Deadline deadline) const {
  TRY(fd, connect_to(endpoint, deadline));
  const int number = fd.get();
  auto session = std::make_unique<Session>(new Channel(std::move(fd)), by);
  if (!endpoint.tls) return session;
  TRY(secured, by->connect(number, endpoint.host));
  session->channel().begin(deadline);
  if (Status shaken = session->channel().begin_tls(std::move(secured)); !shaken) {
    Error error = shaken.error();
    if (error.code == Code::timeout) error.code = Code::unavailable;  // nothing was asked yet
    return fail_with(error, "cannot reach {}", endpoint.text());
  }
  return session;
}

Error Client::Impl::describe(const Call& call, const Error& error, bool sent) const {
  const std::string what = fmt::format("cannot {} {} at {}", call.method, call.path, endpoint.text());
  if (error.code == Code::timeout) {
    return {sent ? Code::timeout : Code::unavailable,
            fmt::format("{}: no answer in {} ms", what, call.timeout.count())};
  }
  if (error.code == Code::too_large) return {Code::too_large, what + ": the answer is too large: " + error.message};
  if (error.code == Code::invalid) {
    return {Code::unknown_outcome, what + ": what answers there makes no sense: " + error.message};
  }
  if (error.code == Code::unauthenticated) return {error.code, what + ": " + error.message};
  if (!sent) return {Code::unavailable, what + ": " + error.message};
  return {Code::unknown_outcome, what + ": " + error.message + " before there was an answer"};
}

Client::Impl::Attempt Client::Impl::attempt(const Call& call, std::unique_ptr<Session> session, bool reused,
                                            Deadline deadline) {
  Channel& channel = session->channel();
  channel.begin(deadline);
  bool keep_alive = false;
  Result<Response> result;
  try {
    const Status sent = session->send(call, endpoint);
    result = sent ? session->receive(call, keep_alive) : fail(sent.error());
  } catch (const std::exception& e) {
    result = fail(unreadable(channel, e));
  }
  const bool closed = !result && result.error().code == Code::unavailable && channel.received() == 0;
  const bool unsent = channel.sent() == 0;
  if (!result) return {fail(describe(call, result.error(), !unsent)), reused && closed && (call.idempotent || unsent)};
  if (keep_alive && !session->reads_ahead()) put_back(std::move(session));
  return {std::move(result)};
}

Client::Client(Endpoint endpoint, std::shared_ptr<const tls::Client> tls)
    : impl_(new Impl{std::move(endpoint), {}, {}, {}}) {
  Result<std::shared_ptr<const tls::Client>> by = std::move(tls);
  if (impl_->endpoint.tls && !*by) by = tls::Client::create({});
  impl_->tls = [by] { return by; };
}
Client::Client(Endpoint endpoint, tls::ClientSource tls)
    : impl_(new Impl{std::move(endpoint), std::move(tls), {}, {}}) {}
Client::~Client() = default;
const Endpoint& Client::endpoint() const {
  return impl_->endpoint;
}

Result<Response> Client::call(const Call& call) {
  TRY_STATUS(check(call));
  const Deadline deadline = steady_clock::now() + call.timeout;
  std::shared_ptr<const tls::Client> by;
  if (impl_->endpoint.tls) {
    auto now = impl_->tls();
    if (!now) return fail_with(now.error(), "cannot {} {} at {}", call.method, call.path, impl_->endpoint.text());
    by = *std::move(now);
  }
  if (std::unique_ptr<Session> session = impl_->take(by)) {
    Impl::Attempt attempt = impl_->attempt(call, std::move(session), true, deadline);
    if (!attempt.worth_repeating) return std::move(attempt.result);
  }
  auto session = impl_->open(by, deadline);
  if (!session) return fail_with(session.error(), "cannot {} {}", call.method, call.path);
  return impl_->attempt(call, std::move(*session), false, deadline).result;
}

}  // namespace polly::http
