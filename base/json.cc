// The value itself and how it is written. Reading stands in json_parse.cc.
#include "base/json.h"

#include <fmt/format.h>

#include <cmath>

#include "base/utf8.h"

namespace polly {
namespace {

template <class T>
const T& empty() {
  static const T value{};
  return value;
}

// Where the next character is that cannot stand as it is.
size_t end_of_plain(std::string_view text, size_t at) {
  while (at < text.size() && text[at] >= 0x20 && text[at] < 0x7f && text[at] != '"' && text[at] != '\\') ++at;
  return at;
}

void write_string(std::string& out, std::string_view text) {
  out += '"';
  for (size_t at = 0; at < text.size();) {
    const size_t plain = end_of_plain(text, at);
    out.append(text, at, plain - at);
    at = plain;
    if (at == text.size()) break;
    auto c = static_cast<unsigned char>(text[at]);
    if (c >= 0x80) {
      // What is not UTF-8 (a name off a disk, a program's output) would make the whole document unreadable.
      size_t length = utf8_length(text.substr(at));
      out += length ? text.substr(at, length) : "\\ufffd";
      at += length ? length : 1;
      continue;
    }
    ++at;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
    }
  }
  out += '"';
}

void write_double(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";
    return;
  }
  // The shortest text that reads back as the same double, and always as a double.
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  out += text;
}

void line_break(std::string& out, int depth) {
  out += '\n';
  out.append(static_cast<size_t>(depth) * 2, ' ');
}

// depth < 0: all on one line.
void write(std::string& out, const Json& json, int depth) {
  const bool pretty = depth >= 0;
  const int inner = pretty ? depth + 1 : depth;
  if (json.is_null()) {
    out += "null";
  } else if (json.is_bool()) {
    out += json.as_bool() ? "true" : "false";
  } else if (json.is_integer()) {
    int64_t value = json.as_int();
    bool over_int64 = value == 0 && json.as_uint() != 0;
    out += over_int64 ? std::to_string(json.as_uint()) : std::to_string(value);
  } else if (json.is_number()) {
    write_double(out, json.as_double());
  } else if (json.is_string()) {
    write_string(out, json.as_string());
  } else if (json.is_array()) {
    out += '[';
    bool first = true;
    for (const Json& element : json.as_array()) {
      if (!first) out += ',';
      first = false;
      if (pretty) line_break(out, inner);
      write(out, element, inner);
    }
    if (pretty && !first) line_break(out, depth);
    out += ']';
  } else {
    out += '{';
    bool first = true;
    for (const auto& [key, member] : json.as_object()) {
      if (!first) out += ',';
      first = false;
      if (pretty) line_break(out, inner);
      write_string(out, key);
      out += pretty ? ": " : ":";
      write(out, member, inner);
    }
    if (pretty && !first) line_break(out, depth);
    out += '}';
  }
}

}  // namespace

Json::Json(uint64_t value) {
  // One form for each number, so that equal numbers compare equal.
  if (value <= static_cast<uint64_t>(INT64_MAX)) {
    value_ = static_cast<int64_t>(value);
  } else {
    value_ = value;
  }
}

std::string Json::dump() const {
  std::string out;
  write(out, *this, -1);
  return out;
}

std::string Json::dump_pretty() const {
  std::string out;
  write(out, *this, 0);
  return out;
}

std::string_view Json::type_name() const {
  if (is_null()) return "null";
  if (is_bool()) return "a boolean";
  if (is_integer()) return "an integer";
  if (is_number()) return "a number";
  if (is_string()) return "a string";
  if (is_array()) return "an array";
  return "an object";
}

bool Json::as_bool(bool fallback) const {
  const bool* value = std::get_if<bool>(&value_);
  return value ? *value : fallback;
}

int64_t Json::as_int(int64_t fallback) const {
  const int64_t* value = std::get_if<int64_t>(&value_);
  return value ? *value : fallback;
}

uint64_t Json::as_uint(uint64_t fallback) const {
  if (const uint64_t* value = std::get_if<uint64_t>(&value_)) return *value;
  const int64_t* value = std::get_if<int64_t>(&value_);
  return value && *value >= 0 ? static_cast<uint64_t>(*value) : fallback;
}

double Json::as_double(double fallback) const {
  if (const double* value = std::get_if<double>(&value_)) return *value;
  if (const int64_t* value = std::get_if<int64_t>(&value_)) return static_cast<double>(*value);
  if (const uint64_t* value = std::get_if<uint64_t>(&value_)) return static_cast<double>(*value);
  return fallback;
}

const std::string& Json::as_string() const {
  const auto* value = std::get_if<std::string>(&value_);
  return value ? *value : empty<std::string>();
}

const Json::Array& Json::as_array() const {
  const auto* value = std::get_if<Array>(&value_);
  return value ? *value : empty<Array>();
}

const Json::Object& Json::as_object() const {
  const auto* value = std::get_if<Object>(&value_);
  return value ? *value : empty<Object>();
}

const Json& Json::operator[](std::string_view key) const {
  const Object& object = as_object();
  auto found = object.find(key);
  return found == object.end() ? empty<Json>() : found->second;
}

bool Json::has(std::string_view key) const {
  return as_object().contains(key);
}

Json& Json::set(std::string key, Json value) & {
  if (!is_object()) value_ = Object{};
  std::get<Object>(value_).insert_or_assign(std::move(key), std::move(value));
  return *this;
}

Json&& Json::set(std::string key, Json value) && {
  set(std::move(key), std::move(value));  // the other one: *this has a name here
  return std::move(*this);
}

Json&& Json::push(Json value) && {
  push(std::move(value));
  return std::move(*this);
}

Json& Json::push(Json value) & {
  if (!is_array()) value_ = Array{};
  std::get<Array>(value_).push_back(std::move(value));
  return *this;
}

}  // namespace polly
