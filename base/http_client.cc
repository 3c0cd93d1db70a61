#include "base/http_client.h"

#include <algorithm>

#include "base/http_lines_impl.h"
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

}  // namespace

struct Client::Impl {
  struct Idle {
    std::unique_ptr<ClientSession> session;
    steady_clock::time_point since;
  };

  Endpoint endpoint;
  tls::ClientSource tls;
  Mutex mutex;
  std::vector<Idle> idle POLLY_GUARDED_BY(mutex);

  std::unique_ptr<ClientSession> take(const std::shared_ptr<const tls::Client>& by) {
    Lock lock(mutex);
    const auto oldest = steady_clock::now() - kMaxIdleTime;
    std::erase_if(idle, [&](const Idle& one) { return one.since < oldest || !one.session->is_by(by); });
    while (!idle.empty()) {
      std::unique_ptr<ClientSession> session = std::move(idle.back().session);
      idle.pop_back();
      if (!session->is_stale()) return session;
    }
    return nullptr;
  }
  void put_back(std::unique_ptr<ClientSession> session) {
    Lock lock(mutex);
    if (idle.size() < kMaxIdle) idle.push_back({std::move(session), steady_clock::now()});
  }

  struct Attempt {
    Result<Response> result;
    bool worth_repeating = false;  // a kept-alive connection that turned out to be closed
  };
  // What the endpoint's TLS goes by now; null where it speaks none.
  Result<std::shared_ptr<const tls::Client>> present_tls(const Call& call) const;
  Result<std::unique_ptr<ClientSession>> open(const Call& call, const std::shared_ptr<const tls::Client>& by,
                                              Deadline deadline) const;
  Attempt attempt(const Call& call, std::unique_ptr<ClientSession> session, bool reused, Deadline deadline);
  Error describe(const Call& call, const Error& error, bool sent) const;
};

Result<std::shared_ptr<const tls::Client>> Client::Impl::present_tls(const Call& call) const {
  if (!endpoint.tls) return nullptr;
  auto now = tls();
  if (!now) return fail_with(now.error(), "cannot {} {} at {}", call.method, call.path, endpoint.text());
  return *std::move(now);
}

Result<std::unique_ptr<ClientSession>> Client::Impl::open(const Call& call,
                                                          const std::shared_ptr<const tls::Client>& by,
                                                          Deadline deadline) const {
  TRY(fd, connect_to(endpoint, deadline, call.stop));
  const int number = fd.get();
  auto session = std::make_unique<ClientSession>(new Channel(std::move(fd)), by);
  if (!endpoint.tls) return session;
  TRY(secured, by->connect(number, endpoint.host));
  session->channel().begin(deadline);
  const Waker waker(call.stop, number);
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

Client::Impl::Attempt Client::Impl::attempt(const Call& call, std::unique_ptr<ClientSession> session, bool reused,
                                            Deadline deadline) {
  Channel& channel = session->channel();
  channel.begin(deadline);
  bool keep_alive = false;
  Result<Response> result;
  try {
    const Waker waker(call.stop, channel.sockfd());
    const Status sent = session->send(call, endpoint);
    result = sent ? session->receive(call, keep_alive) : fail(sent.error());
  } catch (const std::exception& e) {
    result = fail(unreadable(channel, e));
  }
  const bool stopped = call.stop.stop_requested();
  if (!result && stopped) result = fail(Code::unavailable, "it was stopped");
  const bool closed = !stopped && !result && result.error().code == Code::unavailable && channel.received() == 0;
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
  TRY(by, impl_->present_tls(call));
  if (std::unique_ptr<ClientSession> session = impl_->take(by)) {
    Impl::Attempt attempt = impl_->attempt(call, std::move(session), true, deadline);
    if (!attempt.worth_repeating) return std::move(attempt.result);
  }
  auto session = impl_->open(call, by, deadline);
  if (!session) return fail_with(session.error(), "cannot {} {}", call.method, call.path);
  return impl_->attempt(call, std::move(*session), false, deadline).result;
}

Result<Lines> Client::follow(const Call& call) {
  TRY_STATUS(check(call));
  const Deadline deadline = steady_clock::now() + call.timeout;
  TRY(by, impl_->present_tls(call));
  auto opened = impl_->open(call, by, deadline);
  if (!opened) return fail_with(opened.error(), "cannot follow {}", call.path);
  auto lines =
      std::unique_ptr<Lines::Impl>(new Lines::Impl{fmt::format("cannot follow {} at {}", call.path, endpoint().text()),
                                                   call.max_response,
                                                   call.stop,
                                                   std::move(*opened),
                                                   {}});
  auto wrong = [&](Error error) {
    if (call.stop.stop_requested()) error = {Code::unavailable, "it was stopped"};
    return fail_with(error, "{}", lines->what);
  };
  Channel& channel = lines->session->channel();
  channel.begin(deadline);
  try {
    if (const Status sent = lines->session->send(call, endpoint()); !sent) return wrong(sent.error());
    auto head = lines->session->receive_head(call);
    if (!head) return wrong(head.error());
    const int status = head->response.status;
    if (status != 200) return wrong({code_from_http_status(status), fmt::format("the answer is {}", status)});
    if (head->framing.kind != Framing::Kind::chunked) return wrong({Code::invalid, "the answer has no chunks"});
    lines->head = std::move(head->response);
  } catch (const std::exception& e) {
    return wrong(unreadable(channel, e));
  }
  return Lines(std::move(lines));
}

}  // namespace polly::http
