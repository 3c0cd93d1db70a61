#include "base/http_head.h"

#include <Poco/Exception.h>
#include <Poco/MemoryStream.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>

#include <algorithm>
#include <charconv>
#include <ctime>

namespace polly::http {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > 0x20 && c < 0x7f && std::string_view("()<>@,;:\\\"/[]?={}").find(c) == std::string_view::npos;
  });
}

Result<Headers> read_fields(const Poco::Net::NameValueCollection& fields) {
  Headers headers;
  for (const auto& [name, value] : fields) {
    if (!is_token(name)) return fail(Code::invalid, "the header field '{:.40}' is not valid", name);
    if (value.find('\0') != std::string::npos)
      return fail(Code::invalid, "the header field '{:.40}' holds a NUL", name);
    const size_t end = value.find_last_not_of(" \t") + 1;
    auto [field, added] = headers.try_emplace(lower(name), value, 0, end);
    if (added) continue;
    if (field->first == "content-length" || field->first == "transfer-encoding") {
      return fail(Code::invalid, "the header field '{}' stands twice", field->first);
    }
    field->second.append(", ").append(value, 0, end);
  }
  return headers;
}

const std::string* find(const Headers& headers, const char* name) {
  auto found = headers.find(name);
  return found == headers.end() ? nullptr : &found->second;
}

Result<Framing> framing_of(const Headers& headers) {
  const std::string* length = find(headers, "content-length");
  const std::string* encoding = find(headers, "transfer-encoding");
  if (length && encoding) return fail(Code::invalid, "it has both Content-Length and Transfer-Encoding");
  if (encoding) {
    if (lower(*encoding) != "chunked") return fail(Code::invalid, "its Transfer-Encoding is '{:.40}'", *encoding);
    return Framing{Framing::Kind::chunked, 0};
  }
  if (!length) return Framing{};
  Framing framing{Framing::Kind::fixed, 0};
  auto [end, error] = std::from_chars(length->data(), length->data() + length->size(), framing.length);
  if (error != std::errc{} || end != length->data() + length->size()) {
    return fail(Code::invalid, "its Content-Length is '{:.40}'", *length);
  }
  return framing;
}

bool keeps_alive(const Headers& headers, bool by_default) {
  const std::string* connection = find(headers, "connection");
  if (!connection) return by_default;
  const std::string words = lower(*connection);
  if (words.find("close") != std::string::npos) return false;
  return by_default || words.find("keep-alive") != std::string::npos;
}

void append_date(std::string& out) {
  const time_t now = ::time(nullptr);
  tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 64> text{};
  // No locale is ever set, so the names are English.
  out.append(text.data(), ::strftime(text.data(), text.size(), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts));
}

}  // namespace

Result<RequestHead> parse_request_head(std::string_view text) {
  try {
    Poco::MemoryInputStream in(text.data(), static_cast<std::streamsize>(text.size()));
    Poco::Net::HTTPRequest request;
    request.read(in);
    RequestHead head;
    head.method = request.getMethod();
    head.target = request.getURI();
    head.http_1_0 = request.getVersion() == Poco::Net::HTTPMessage::HTTP_1_0;
    if (!is_token(head.method)) return fail(Code::invalid, "it does not begin with a method");
    if (!head.http_1_0 && request.getVersion() != Poco::Net::HTTPMessage::HTTP_1_1) {
      return fail(Code::invalid, "its version is not HTTP/1.1");
    }
    TRY(headers, read_fields(request));
    head.headers = std::move(headers);
    TRY(framing, framing_of(head.headers));
    head.body = framing;
    head.keep_alive = keeps_alive(head.headers, !head.http_1_0);
    const std::string* expect = find(head.headers, "expect");
    head.expects_continue = expect && lower(*expect) == "100-continue" && !head.http_1_0;
    return head;
  } catch (const Poco::Exception& e) {
    return fail(Code::invalid, "it is not HTTP ({})", e.message().empty() ? e.name() : e.message());
  }
}

Result<ResponseHead> parse_response_head(std::string_view text, std::string_view method) {
  try {
    if (!text.starts_with("HTTP/1.")) return fail(Code::invalid, "it is not HTTP");
    Poco::MemoryInputStream in(text.data(), static_cast<std::streamsize>(text.size()));
    Poco::Net::HTTPResponse response;
    response.read(in);
    ResponseHead head;
    head.status = response.getStatus();
    if (head.status < 100 || head.status > 999) return fail(Code::invalid, "it has no valid status");
    TRY(headers, read_fields(response));
    head.headers = std::move(headers);
    TRY(framing, framing_of(head.headers));
    head.body = framing;
    head.keep_alive = keeps_alive(head.headers, text.starts_with("HTTP/1.1"));
    const bool bodiless = head.status < 200 || head.status == 204 || head.status == 304 || method == "HEAD";
    if (bodiless) {
      head.body = {};
    } else if (head.body.kind == Framing::Kind::none) {
      head.body.kind = Framing::Kind::until_close;
      head.keep_alive = false;
    }
    return head;
  } catch (const Poco::Exception& e) {
    return fail(Code::invalid, "it is not HTTP ({})", e.message().empty() ? e.name() : e.message());
  }
}

std::string_view reason_of(int status) {
  return Poco::Net::HTTPResponse::getReasonForStatus(static_cast<Poco::Net::HTTPResponse::HTTPStatus>(status));
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  for (char c : value) out += c == '\r' || c == '\n' || c == '\0' ? ' ' : c;
  out += "\r\n";
}

std::string write_response_head(const Response& response, bool keep_alive) {
  std::string out;
  out.reserve(256);
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", response.status, reason_of(response.status));
  append_date(out);
  for (const auto& [name, value] : response.headers) append_field(out, name, value);
  if (response.status != 204 && response.status != 304) {
    if (!response.content_type.empty()) append_field(out, "Content-Type", response.content_type);
    fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", response.body.size());
  }
  out += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return out;
}

}  // namespace polly::http
