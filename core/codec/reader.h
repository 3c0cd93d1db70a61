// Reads a JSON object strictly: each key is asked for once with its type; what is wrong, missing or left over is
// collected and told as one sentence. Serves API bodies, records, configuration and drivers' settings.
//
//     Reader reader(json, "pool 'fast'");
//     pool.path = reader.string("path");                  // must be there
//     pool.thin = reader.optional_string("mode", "thick");
//     TRY_STATUS(reader.finish());                        // unknown keys are errors too
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace polly {

class Reader {
 public:
  using Lines = std::map<std::string, int, std::less<>>;
  // `what` opens the message. With `lines`, keys are told with the line on which they stand; `path` is the object's own.
  Reader(const Json& object, std::string what, const Lines* lines = nullptr, std::string path = "");

  std::string string(const std::string& key);  // must be there
  std::string optional_string(const std::string& key, std::string fallback = "");
  bool optional_bool(const std::string& key, bool fallback);
  int64_t integer(const std::string& key);
  int64_t optional_integer(const std::string& key, int64_t fallback);
  uint64_t optional_unsigned(const std::string& key, uint64_t fallback);
  std::vector<std::string> optional_strings(const std::string& key, std::vector<std::string> fallback = {});
  const Json& value(const std::string& key);  // of any type; null when it is not there
  const Json& object(const std::string& key);  // an object, or null when it is not there
  const Json& array(const std::string& key);   // an array, or null when it is not there
  // A text that `parse` turns into a value: reader.parsed("size", parse_size, uint64_t{0}).
  template <class Parse, class T>
  T parsed(const std::string& key, Parse parse, T fallback) {
    const Json& found = value(key);
    if (found.is_null()) return fallback;
    auto text = text_of(key, found);
    auto result = parse(text);
    if (result) return *std::move(result);
    complain(key, result.error().message);
    return fallback;
  }

  bool has(const std::string& key) const { return object_.has(key); }
  void complain(const std::string& key, std::string_view problem);
  // Keys not asked for stay unread on purpose: for newer peers' additions.
  void ignore_rest() { ignore_rest_ = true; }
  Status finish();
  std::string path_of(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }

 private:
  std::string text_of(const std::string& key, const Json& found);

  const Json& object_;
  std::string what_;
  const Lines* lines_;
  std::string path_;
  std::set<std::string> asked_;
  std::vector<std::string> problems_;
  bool ignore_rest_ = false;
};

}  // namespace polly
