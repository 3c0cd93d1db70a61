// Reads a JSON object strictly: each key is asked for once with its type; what is wrong, missing or left over is
// collected and told as one sentence. Serves API bodies, records, configuration and drivers' settings.
//
//     Reader reader(json, "pool 'fast'");
//     pool.path = reader.string("path");                  // must be there
//     pool.thin = reader.optional_string("mode", "thick");
//     TRY_STATUS(reader.finish());                        // unknown keys are errors too
#pragma once

#include <map>
#include <optional>
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
  // `what` opens the message. With `lines`, keys are told with their whole path and the line on which they stand.
  Reader(const Json& object, std::string what, const Lines* lines = nullptr);
  // For a member of an object that is being read: its problems are told by the parent's finish().
  Reader(Reader& parent, const std::string& key);
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  std::string string(const std::string& key);  // must be there
  std::string optional_string(const std::string& key, std::string fallback = "");
  bool optional_bool(const std::string& key, bool fallback);
  int64_t integer(const std::string& key);  // must be there
  int64_t optional_integer(const std::string& key, int64_t fallback);
  uint64_t unsigned_integer(const std::string& key);  // must be there
  uint64_t optional_unsigned(const std::string& key, uint64_t fallback);
  std::vector<std::string> optional_strings(const std::string& key, std::vector<std::string> fallback = {});
  const Json& value(const std::string& key);   // of any type; null when it is not there
  const Json& object(const std::string& key);  // an object, or null when it is not there
  const Json& array(const std::string& key);   // an array, or null when it is not there
  // A text that `parse` turns into a value: reader.parsed("size", parse_size, uint64_t{0}).
  template <class Parse, class T>
  T parsed(const std::string& key, Parse parse, T fallback) {
    const Json& found = value(key);
    if (found.is_null()) return fallback;
    auto text = text_of(key, found);
    if (!text) return fallback;
    auto result = parse(*text);
    if (result) return *std::move(result);
    complain(key, result.error().message);
    return fallback;
  }
  template <class T, class Parse>
  T required(const std::string& key, Parse parse) {
    return require(key) ? parsed(key, parse, T{}) : T{};
  }
  template <class T, class Parse>
  std::optional<T> optional_parsed(const std::string& key, Parse parse) {
    if (value(key).is_null()) return std::nullopt;
    return parsed(key, parse, T{});
  }

  // Is there, and not null.
  bool has(const std::string& key) const { return !object_[key].is_null(); }
  // Once is enough: the same complaint about the same key again is passed over.
  void complain(const std::string& key, std::string_view problem);
  // Keys not asked for stay unread on purpose: for newer peers' additions.
  void ignore_rest() { ignore_rest_ = true; }
  // For a child, its unknown keys are added to the parent's problems and this succeeds.
  Status finish();

 private:
  std::optional<std::string> text_of(const std::string& key, const Json& found);
  bool require(const std::string& key);
  std::string place_of(const std::string& key) const;
  std::string path_of(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }

  const Json& object_;
  std::string what_;
  const Lines* lines_;
  std::string path_;
  std::set<std::string> asked_;
  std::vector<std::string> own_problems_;
  std::vector<std::string>* problems_;  // our own, or the outermost parent's
  bool ignore_rest_ = false;
};

}  // namespace polly
