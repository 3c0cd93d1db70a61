// YAML as a JSON value that remembers its lines. yaml-cpp parses and nothing outside yaml.cc knows it.
//
// Plain `true` and `12` become a bool and an integer, everything else and whatever is quoted a string. Duplicate keys,
// anchors' merge keys and several documents are errors that name the line.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/json.h"

namespace polly::yaml {

struct Document {
  Json value;
  std::map<std::string, int, std::less<>> lines;  // "pools.fast.size" -> 7; list elements as "managers[0]"
};

Result<Document> parse(std::string_view text);

}  // namespace polly::yaml
