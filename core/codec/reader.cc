#include "core/codec/reader.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace polly {
namespace {

const Json null;

}  // namespace

Reader::Reader(const Json& object, std::string what, const Lines* lines)
    : object_(object), what_(std::move(what)), lines_(lines), problems_(&own_problems_) {
  if (!object.is_object()) problems_->push_back(fmt::format("expected an object, found {}", object.type_name()));
}

Reader::Reader(Reader& parent, const std::string& key)
    : object_(parent.object(key)), lines_(parent.lines_), path_(parent.path_of(key)), problems_(parent.problems_) {}

const Json& Reader::value(const std::string& key) {
  if (!ignore_rest_) asked_.insert(key);
  return object_[key];
}

// "line 7: coordinator.pools.fast.driver", or the key alone where lines are not known. What is missing has no line: the
// line of what it is missing from serves as well.
std::string Reader::place_of(const std::string& key) const {
  if (lines_ == nullptr) return "'" + key + "'";
  const std::string path = path_of(key);
  for (std::string above = path; !above.empty();) {
    auto line = lines_->find(above);
    if (line != lines_->end()) return fmt::format("line {}: {}", line->second, path);
    auto dot = above.rfind('.');
    above.resize(dot == std::string::npos ? 0 : dot);
  }
  return path;
}

void Reader::complain(const std::string& key, std::string_view problem) {
  auto text = fmt::format("{}: {}", place_of(key), problem);
  if (std::find(problems_->begin(), problems_->end(), text) == problems_->end()) problems_->push_back(std::move(text));
}

bool Reader::require(const std::string& key) {
  if (!value(key).is_null()) return true;
  complain(key, "is missing");
  return false;
}

std::string Reader::string(const std::string& key) {
  return require(key) ? optional_string(key) : "";
}

std::string Reader::optional_string(const std::string& key, std::string fallback) {
  const Json& found = value(key);
  if (found.is_null()) return fallback;
  if (found.is_string()) return found.as_string();
  complain(key, fmt::format("expected a string, found {}", found.type_name()));
  return fallback;
}

bool Reader::optional_bool(const std::string& key, bool fallback) {
  const Json& found = value(key);
  if (found.is_null()) return fallback;
  if (!found.is_bool()) complain(key, fmt::format("expected true or false, found {}", found.type_name()));
  return found.as_bool(fallback);
}

int64_t Reader::integer(const std::string& key) {
  return require(key) ? optional_integer(key, 0) : 0;
}

int64_t Reader::optional_integer(const std::string& key, int64_t fallback) {
  const Json& found = value(key);
  if (found.is_null()) return fallback;
  if (!found.is_integer() || found != Json(found.as_int()))
    complain(key, fmt::format("expected a whole number, found {}",
                              found.is_integer() ? "one that is too large" : found.type_name()));
  return found.as_int(fallback);
}

uint64_t Reader::unsigned_integer(const std::string& key) {
  return require(key) ? optional_unsigned(key, 0) : 0;
}

uint64_t Reader::optional_unsigned(const std::string& key, uint64_t fallback) {
  const Json& found = value(key);
  if (found.is_null()) return fallback;
  if (!found.is_integer() || found != Json(found.as_uint())) {
    complain(key, fmt::format("expected a whole number of 0 or more, found {}",
                              found.is_integer() ? found.dump() : std::string(found.type_name())));
    return fallback;
  }
  return found.as_uint(fallback);
}

std::vector<std::string> Reader::optional_strings(const std::string& key, std::vector<std::string> fallback) {
  const Json& found = value(key);
  if (found.is_null()) return fallback;
  std::vector<std::string> strings;
  bool right = found.is_array();
  for (const auto& element : found.as_array()) {
    right = right && element.is_string();
    strings.push_back(element.as_string());
  }
  if (right) return strings;
  complain(key, "expected a list of strings");
  return fallback;
}

const Json& Reader::object(const std::string& key) {
  const Json& found = value(key);
  if (found.is_null() || found.is_object()) return found;
  complain(key, fmt::format("expected an object, found {}", found.type_name()));
  return null;
}

const Json& Reader::array(const std::string& key) {
  const Json& found = value(key);
  if (found.is_null() || found.is_array()) return found;
  complain(key, fmt::format("expected a list, found {}", found.type_name()));
  return null;
}

std::optional<std::string> Reader::text_of(const std::string& key, const Json& found) {
  if (found.is_string()) return found.as_string();
  if (found.is_integer()) return found.dump();
  complain(key, fmt::format("expected a string, found {}", found.type_name()));
  return std::nullopt;
}

Status Reader::finish() {
  if (!ignore_rest_) {
    for (const auto& [key, unused] : object_.as_object())
      if (asked_.count(key) == 0) complain(key, fmt::format("unknown key; known are {}", fmt::join(asked_, ", ")));
  }
  if (own_problems_.empty()) return {};
  return fail(Code::invalid, "{}: {}", what_, fmt::join(own_problems_, "; "));
}

}  // namespace polly
