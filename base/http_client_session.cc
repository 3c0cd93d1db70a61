#include "base/http_client_session.h"

#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <poll.h>

namespace polly::http {

bool ClientSession::is_stale() {
  pollfd one{channel().sockfd(), POLLIN | POLLRDHUP, 0};
  return channel().pending() || ::poll(&one, 1, 0) != 0;
}

Status ClientSession::send(const Call& call, const Endpoint& endpoint) {
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

Result<ClientSession::Head> ClientSession::receive_head(const Call& call) {
  channel().allow(kMaxHead, "the header");
  Poco::Net::HTTPResponse message;
  std::istream& in = receiveResponse(message);
  TRY_STATUS(check_head());
  Head head;
  head.body = &in;
  head.response.status = message.getStatus();
  if (!message.getVersion().starts_with("HTTP/1.") || head.response.status < 100 || head.response.status > 999) {
    return fail(Code::invalid, "it is not HTTP");
  }
  TRY(headers, read_fields(message));
  TRY(framing, framing_of(headers));
  head.framing = framing;
  head.keep_alive = message.getKeepAlive();
  const int status = head.response.status;
  if (status < 200 || status == 204 || status == 304 || call.method == "HEAD") {
    head.framing = {};
  } else if (framing.kind == Framing::Kind::none) {
    head.framing.kind = Framing::Kind::until_close;
    head.keep_alive = false;
  }
  head.response.content_type = headers["content-type"];
  head.response.headers = std::move(headers);
  return head;
}

Result<Response> ClientSession::receive(const Call& call, bool& keep_alive) {
  TRY(head, receive_head(call));
  keep_alive = head.keep_alive;
  TRY(text, body(*head.body, head.framing, call.max_response));
  head.response.body = std::move(text);
  return std::move(head.response);
}

Result<std::string_view> ClientSession::receive_raw(char* buffer, size_t size) {
  try {
    const int n = read(buffer, static_cast<std::streamsize>(size));
    if (channel().failure()) return fail(*channel().failure());
    return std::string_view(buffer, static_cast<size_t>(n));
  } catch (const std::exception& e) {
    return fail(unreadable(channel(), e));
  }
}

}  // namespace polly::http
