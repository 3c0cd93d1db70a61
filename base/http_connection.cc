#include "base/http_connection.h"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponseImpl.h>
#include <sys/socket.h>

#include "base/http_uri.h"
#include "base/log.h"

namespace polly::http {
namespace {

constexpr std::chrono::seconds kLinger{1};
constexpr int kTlsHandshake = 0x16;  // what a TLS client says first, and no HTTP client

Deadline in(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

Poco::Net::HTTPServerParams::Ptr params_of(const ServerOptions& options) {
  Poco::Net::HTTPServerParams::Ptr params = new Poco::Net::HTTPServerParams;
  const Poco::Timespan idle(options.idle_timeout.count() * 1000);
  params->setTimeout(idle);
  params->setKeepAliveTimeout(idle);
  params->setMaxKeepAliveRequests(0);
  return params;
}

// Poco's takes longer than all else about a short answer, and says the same for a second.
const std::string& date() {
  thread_local time_t known = 0;
  thread_local std::string text;
  if (const Poco::Timestamp now; now.epochTime() != known) {
    known = now.epochTime();
    text = Poco::DateTimeFormatter::format(now, Poco::DateTimeFormat::HTTP_FORMAT);
  }
  return text;
}

}  // namespace

Connection::Connection(Serving& serving, UniqueFd fd, Peer peer)
    : serving_(serving),
      fd_(fd.get()),
      peer_(std::move(peer)),
      session_(new Channel(std::move(fd)), params_of(serving.options)),
      channel_(session_.channel()) {}

void Connection::run() {
  try {
    while (serve_one()) {
    }
  } catch (const std::exception& e) {
    log::error("http connection failed: {}", e.what());
  }
}

void Connection::stop() {
  State expected = State::idle;
  if (state_.compare_exchange_strong(expected, State::stopped)) ::shutdown(fd_, SHUT_RDWR);
}

void Connection::cut() const {
  ::shutdown(fd_, SHUT_RDWR);
}

// True when requests can come. Somebody who does not speak TLS where it is due is told so in words it can read.
bool Connection::secure() {
  settled_ = true;
  if (!serving_.options.tls) return true;
  channel_.begin(in(serving_.options.receive_timeout));
  if (const int first = channel_.first_byte(); first != kTlsHandshake) {
    if (first >= 0) refuse({Code::invalid, "this address speaks TLS; call it with https://"});
    return false;
  }
  auto tls = serving_.options.tls->accept(fd_);
  const Status shaken = tls ? channel_.begin_tls(std::move(*tls)) : fail(tls.error());
  if (!shaken) {
    log::info("http server refuses {}: {}", peer_.address, shaken.error().message);
    channel_.close_gently(in(kLinger));  // so that the alert is read, which tells the other side why
    return false;
  }
  if (auto shown = channel_.peer()) {
    peer_.certificate = {shown->common_name, shown->organization, shown->serial, shown->fingerprint};
  }
  return true;
}

bool Connection::serve_one() {
  if (!session_.hasMoreRequests()) return false;
  if (!settled_) {
    if (!secure()) return false;
    if (serving_.options.tls) return true;  // the request comes after the handshake
  }
  State expected = State::idle;
  if (serving_.stopping || !state_.compare_exchange_strong(expected, State::working)) return false;
  channel_.begin(in(serving_.options.receive_timeout));
  if (!serve_message()) return false;
  state_ = State::idle;
  return !serving_.stopping;
}

bool Connection::serve_message() {
  try {
    channel_.allow(kMaxHead, "the header");
    const char first = static_cast<char>(session_.peek());
    // A peer that leaves without having said anything is what ends most connections.
    if (!session_.reads_ahead() && channel_.received() == 0) return false;
    // Poco would read on for more of what is not HTTP.
    if (!is_token({&first, 1})) return refuse({Code::invalid, "it does not begin with a method"}), false;
    // What is declared last ends first: the answer is on its way before the rest is taken down.
    std::optional<Poco::Net::HTTPServerRequestImpl> message;
    Result<Request> request;
    Response response;
    Poco::Net::HTTPServerResponseImpl answer(session_);
    message.emplace(answer, session_, nullptr);
    request = read(*message, answer);
    if (!request) return refuse(request.error()), false;
    response = handle(*request);
    return respond(answer, response, message->getKeepAlive(), true);
  } catch (const std::exception& e) {
    refuse(unreadable(channel_, e));
    return false;
  }
}

Result<Request> Connection::read(Poco::Net::HTTPServerRequestImpl& message, Poco::Net::HTTPServerResponseImpl& answer) {
  TRY_STATUS(session_.check_head());
  const std::string& version = message.getVersion();
  if (!is_token(message.getMethod())) return fail(Code::invalid, "it does not begin with a method");
  if (version != message.HTTP_1_1 && version != message.HTTP_1_0) {
    return fail(Code::invalid, "its version is not HTTP/1.1");
  }
  Request request;
  TRY(headers, read_fields(message));
  TRY(framing, framing_of(headers));
  TRY(target, parse_target(message.getURI()));
  const size_t limit = serving_.options.max_body;
  const bool fits = framing.kind != Framing::Kind::fixed || framing.length <= limit;
  answer.setVersion(message.HTTP_1_1);
  if (message.getExpectContinue() && fits && version == message.HTTP_1_1) answer.sendContinue();
  TRY(body, session_.body(message.stream(), framing, limit));
  request.method = message.getMethod();
  request.path = std::move(target.path);
  request.query = std::move(target.query);
  request.headers = std::move(headers);
  request.body = std::move(body);
  request.peer = peer_;
  request.raw_path = std::move(target.raw_path);
  return request;
}

Response Connection::handle(const Request& request) {
  std::string what = "something that is no exception";
  try {
    return serving_.handler(request);
  } catch (const std::exception& e) {
    what = e.what();
  } catch (...) {
  }
  log::error("request failed method={} path={} thrown={}", request.method, request.path, what);
  return serving_.options.render_error(
      {Code::internal, fmt::format("cannot {} '{}': {}", request.method, request.path, what)});
}

bool Connection::respond(Poco::Net::HTTPServerResponseImpl& answer, const Response& response, bool keep_alive,
                         bool seen) {
  keep_alive = keep_alive && !serving_.stopping;
  channel_.begin(in(serving_.options.receive_timeout));
  answer.setVersion(Poco::Net::HTTPMessage::HTTP_1_1);
  answer.setStatusAndReason(static_cast<Poco::Net::HTTPResponse::HTTPStatus>(response.status));
  answer.set("Date", date());
  for (const auto& [name, value] : response.headers) answer.add(name, one_line(value));
  answer.set("Connection", keep_alive ? "keep-alive" : "close");
  if (response.status == 204 || response.status == 304) {
    answer.send().flush();
    return keep_alive;
  }
  if (!response.content_type.empty()) answer.setContentType(one_line(response.content_type));
  if (seen) {
    answer.sendBuffer(response.body.data(), response.body.size());
  } else {  // without the request that it answers, Poco's shorter way leaves out the body
    answer.setContentLength64(static_cast<Poco::Int64>(response.body.size()));
    answer.send().write(response.body.data(), static_cast<std::streamsize>(response.body.size())).flush();
  }
  return keep_alive;  // a failure to send shows when the next request is read
}

void Connection::refuse(const Error& error) {
  Error shown = error;
  // Whatever is wrong with how a request arrives is the sender's affair: not "unavailable", not "timeout".
  if (shown.code != Code::too_large) shown.code = Code::invalid;
  shown.message = fmt::format("cannot read the request: {}", error.message);
  Poco::Net::HTTPServerResponseImpl answer(session_);
  respond(answer, serving_.options.render_error(shown), false, false);
  channel_.close_gently(in(kLinger));
}

}  // namespace polly::http
