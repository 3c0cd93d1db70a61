// A JSON value. Poco::JSON parses and nothing outside json.cc knows it.
//
// Stricter than most parsers, because what is read here decides who may write to a disk: duplicate keys, integers that
// do not fit, trailing bytes, invalid UTF-8 and depths over 32 are errors. Objects keep their keys sorted, so that the
// same value is always the same text.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace polly {

class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::map<std::string, Json, std::less<>>;

  Json() = default;  // null
  Json(std::nullptr_t) {}
  Json(bool value) : value_(value) {}
  Json(int value) : value_(static_cast<int64_t>(value)) {}
  Json(int64_t value) : value_(value) {}
  Json(uint64_t value);  // over 2^63-1: stays exact as long as it is not read as int64
  Json(double value) : value_(value) {}
  Json(const char* value) : value_(std::string(value)) {}
  Json(std::string_view value) : value_(std::string(value)) {}
  Json(std::string value) : value_(std::move(value)) {}
  Json(Array value) : value_(std::move(value)) {}
  Json(Object value) : value_(std::move(value)) {}
  static Json object() { return Json(Object{}); }
  static Json array() { return Json(Array{}); }

  static Result<Json> parse(std::string_view text);
  std::string dump() const;  // one line
  std::string dump_pretty() const;

  bool is_null() const { return std::holds_alternative<std::monostate>(value_); }
  bool is_bool() const { return std::holds_alternative<bool>(value_); }
  bool is_integer() const {
    return std::holds_alternative<int64_t>(value_) || std::holds_alternative<uint64_t>(value_);
  }
  bool is_number() const { return is_integer() || std::holds_alternative<double>(value_); }
  bool is_string() const { return std::holds_alternative<std::string>(value_); }
  bool is_array() const { return std::holds_alternative<Array>(value_); }
  bool is_object() const { return std::holds_alternative<Object>(value_); }
  std::string_view type_name() const;  // "a string", "an object", for messages

  // Lenient reads, for what was checked before or does not matter: a wrong type reads as the fallback.
  bool as_bool(bool fallback = false) const;
  int64_t as_int(int64_t fallback = 0) const;
  uint64_t as_uint(uint64_t fallback = 0) const;
  double as_double(double fallback = 0) const;
  const std::string& as_string() const;  // "" when it is not a string
  const Array& as_array() const;         // empty when it is not an array
  const Object& as_object() const;       // empty when it is not an object

  // A member, or null when there is none. Never throws: json["a"]["b"].as_string().
  const Json& operator[](std::string_view key) const;
  const Json& operator[](const char* key) const { return (*this)[std::string_view(key)]; }
  bool has(std::string_view key) const;
  // Makes this an object, an array, if it is none. A chain on a temporary stays one, so that what it built is moved and
  // not copied: return Json::object().set("id", id);
  Json& set(std::string key, Json value) &;
  Json&& set(std::string key, Json value) &&;
  Json& push(Json value) &;
  Json&& push(Json value) &&;

  friend bool operator==(const Json&, const Json&) = default;

 private:
  std::variant<std::monostate, bool, int64_t, uint64_t, double, std::string, Array, Object> value_;
};

}  // namespace polly
