// Inside base only: the encoded parts of a request's target.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace polly::http {

// Refuses broken escapes, and an encoded NUL, which C would take for the end.
Result<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

struct Target {
  std::string raw_path;
  std::string path;
  std::map<std::string, std::string> query;
};

// "/v1/volumes?pool=fast", or the whole URL as a proxy sends it.
Result<Target> parse_target(std::string_view text);

}  // namespace polly::http
