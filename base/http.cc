#include "base/http.h"

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeParser.h>
#include <sys/un.h>

#include <charconv>

namespace polly::http {
namespace {

const std::string& find_or_empty(const std::map<std::string, std::string>& map, const std::string& name) {
  static const std::string kNone;
  auto found = map.find(name);
  return found == map.end() ? kNone : found->second;
}

Result<Endpoint> parse_unix(std::string_view text, std::string_view path) {
  if (!path.starts_with('/')) {
    return fail(Code::invalid, "not an address: '{}'; a socket's path begins with /, as in unix:///run/polly.sock",
                text);
  }
  if (path.size() >= sizeof(sockaddr_un{}.sun_path) || path.find('\0') != std::string_view::npos) {
    return fail(Code::invalid, "not an address: '{}'; a socket's path has at most {} bytes", text,
                sizeof(sockaddr_un{}.sun_path) - 1);
  }
  Endpoint endpoint;
  endpoint.socket_path = path;
  return endpoint;
}

bool is_host(std::string_view host) {
  return !host.empty() &&
         host.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-_:%") ==
             std::string_view::npos;
}

}  // namespace

Result<std::chrono::seconds> parse_date(const std::string& text) {
  Poco::DateTime date;
  int zone = 0;
  // Poco takes whatever looks like a part of one.
  if (text.size() != 29 || !text.ends_with(" GMT") ||
      !Poco::DateTimeParser::tryParse(Poco::DateTimeFormat::HTTP_FORMAT, text, date, zone))
    return fail(Code::invalid, "'{:.40}' is no date", text);
  return std::chrono::seconds(date.timestamp().epochTime());
}

const std::string& Request::header(const std::string& lower_case_name) const {
  return find_or_empty(headers, lower_case_name);
}
const std::string& Request::param(const std::string& name) const {
  return find_or_empty(params, name);
}

Response Response::json(const Json& body, int status) {
  Response response;
  response.status = status;
  response.body = body.dump();
  return response;
}

Response Response::error(const Error& error) {
  Json inner = Json::object();
  inner.set("code", code_name(error.code)).set("message", error.message);
  return json(Json::object().set("error", std::move(inner)), http_status(error.code));
}

Error error_of(const Response& response) {
  if (auto body = Json::parse(response.body)) {
    const Json& error = (*body)["error"];
    if (error["message"].is_string()) {
      const Code code = code_from_name(error["code"].as_string()).value_or(code_from_http_status(response.status));
      return {code, error["message"].as_string()};
    }
  }
  // Not ours: a proxy, an engine, a server of something else.
  std::string quoted = response.body.substr(0, 200);
  return {code_from_http_status(response.status),
          fmt::format("HTTP status {}{}{}", response.status, quoted.empty() ? "" : ": ", quoted)};
}

Result<Endpoint> Endpoint::parse(std::string_view text, int default_port, Https https) {
  std::string_view rest = text;
  for (std::string_view scheme : {"unix://", "unix:"}) {
    if (rest.starts_with(scheme)) return parse_unix(text, rest.substr(scheme.size()));
  }
  if (rest.starts_with('/')) return parse_unix(text, rest);
  Endpoint endpoint;
  if (https == Https::always && rest.starts_with("http://")) {
    return fail(Code::unsupported,
                "cannot use the address '{}': TLS alone is spoken there; write https://, or leave it out", text);
  }
  endpoint.tls = https == Https::always || (https == Https::taken && rest.starts_with("https://"));
  for (std::string_view scheme : {"tcp://", "http://", endpoint.tls ? "https://" : "http://"}) {
    if (!rest.starts_with(scheme)) continue;
    rest.remove_prefix(scheme.size());
    break;
  }
  if (rest.find("://") != std::string_view::npos) {
    return fail(Code::unsupported, "cannot use the address '{}'; known are unix://, tcp:// {}", text,
                https == Https::taken    ? "http:// and https://"
                : https == Https::always ? "and https://"
                                         : "and http://");
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  endpoint.port = default_port;
  size_t colon = rest.rfind(':');
  if (rest.starts_with('[')) {  // [::1]:7979
    const size_t end = rest.find(']');
    if (end == std::string_view::npos) return fail(Code::invalid, "not an address: '{}'; ']' is missing", text);
    endpoint.host = rest.substr(1, end - 1);
    colon = end + 1 < rest.size() ? end + 1 : std::string_view::npos;
  } else {
    if (rest.find(':') != colon) return fail(Code::invalid, "not an address: '{}'; write IPv6 as [::1]:7979", text);
    endpoint.host = rest.substr(0, colon);
  }
  if (colon != std::string_view::npos) {
    const std::string_view port = rest.substr(colon + 1);
    auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
    if (rest[colon] != ':' || error != std::errc{} || end != port.data() + port.size()) endpoint.port = -1;
  }
  if (!is_host(endpoint.host)) return fail(Code::invalid, "not an address: '{}'; take host:port", text);
  if (endpoint.port < 0 || endpoint.port > 65535) {
    return fail(Code::invalid, "not an address: '{}'; a port is a number up to 65535", text);
  }
  return endpoint;
}

std::string Endpoint::text() const {
  if (is_unix()) return "unix://" + socket_path;
  const bool ipv6 = host.find(':') != std::string::npos;
  return fmt::format("{}{}{}{}:{}", tls ? "https://" : "", ipv6 ? "[" : "", host, ipv6 ? "]" : "", port);
}

}  // namespace polly::http
