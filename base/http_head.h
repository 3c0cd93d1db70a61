// Inside base only: the heads of requests and responses, read by Poco and then held to the letter, because two readers
// that disagree about where a message ends can be made to see two different requests.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/http.h"
#include "base/http_wire.h"

namespace polly::http {

using Headers = std::map<std::string, std::string>;  // names in lower case

struct RequestHead {
  std::string method;
  std::string target;
  Headers headers;
  Framing body;
  bool http_1_0 = false;
  bool keep_alive = true;
  bool expects_continue = false;
};

struct ResponseHead {
  int status = 0;
  Headers headers;
  Framing body;
  bool keep_alive = true;
};

Result<RequestHead> parse_request_head(std::string_view text);
// What may follow a response depends on the method that asked.
Result<ResponseHead> parse_response_head(std::string_view text, std::string_view method);

std::string write_response_head(const Response& response, bool keep_alive);
std::string_view reason_of(int status);
// A value that came from elsewhere must not begin a header field of its own.
void append_field(std::string& out, std::string_view name, std::string_view value);

}  // namespace polly::http
