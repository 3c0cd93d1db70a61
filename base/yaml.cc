// Built on yaml-cpp's events, not on its nodes: only the events tell a quoted 12 from a plain one, a second key of the
// same name and the line of each.
#include "base/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <sstream>

namespace polly::yaml {
namespace {

constexpr size_t kMaxDepth = 32;

// Thrown through yaml-cpp's parser, which has no other way to stop, and caught in parse().
struct Stop {
  Error error;
};

template <class... Args>
[[noreturn]] void stop(const YAML::Mark& mark, fmt::format_string<Args...> format, Args&&... args) {
  throw Stop{
      {Code::invalid, fmt::format("line {}: {}", mark.line + 1, fmt::format(format, std::forward<Args>(args)...))}};
}

bool looks_like_integer(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  // "0770" stays a string: whether it is octal is for its reader to say.
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Json plain_scalar(const YAML::Mark& mark, const std::string& text) {
  if (text == "true") return true;
  if (text == "false") return false;
  if (!looks_like_integer(text)) return text;
  const char* end = text.data() + text.size();
  int64_t number = 0;
  if (std::from_chars(text.data(), end, number).ec == std::errc{}) return number;
  uint64_t large = 0;
  if (text[0] != '-' && std::from_chars(text.data(), end, large).ec == std::errc{}) return large;
  stop(mark, "the integer {:.40} does not fit into 64 bits", text);
}

class Builder : public YAML::EventHandler {
 public:
  explicit Builder(Document& document) : document_(document) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse(mark, anchor);
    if (expects_key()) stop(mark, "a key is missing");
    add(mark, Json());
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    stop(mark, "anchors and aliases are not supported; write the value out");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse(mark, anchor);
    const bool quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    if (!quoted && !tag.empty() && tag != "?") stop(mark, "the tag {} is not supported", tag);
    if (expects_key()) {
      take_key(mark, value, quoted);
    } else {
      add(mark, quoted ? Json(value) : plain_scalar(mark, value));
    }
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Json::array());
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Json::object());
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Json value;
    std::string path;
    std::string key;  // of the member that comes next, when has_key
    bool has_key = false;
  };

  static void refuse(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor) stop(mark, "anchors and aliases are not supported; write the value out");
  }
  bool expects_key() const { return !open_.empty() && open_.back().value.is_object() && !open_.back().has_key; }

  void take_key(const YAML::Mark& mark, const std::string& key, bool quoted) {
    Open& map = open_.back();
    if (key == "<<" && !quoted) stop(mark, "merge keys (<<) are not supported; write the keys out");
    map.key = key;
    if (map.value.has(key)) stop(mark, "the key '{}' stands twice; first on line {}", path_of_next(), line_of_next());
    map.has_key = true;
    document_.lines[path_of_next()] = mark.line + 1;
  }

  std::string path_of_next() const {
    if (open_.empty()) return "";
    const Open& parent = open_.back();
    if (parent.value.is_array()) return fmt::format("{}[{}]", parent.path, parent.value.as_array().size());
    return parent.path.empty() ? parent.key : parent.path + "." + parent.key;
  }
  int line_of_next() const {
    auto found = document_.lines.find(path_of_next());
    return found == document_.lines.end() ? 0 : found->second;
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Json value) {
    refuse(mark, anchor);
    if (!tag.empty() && tag != "?" && tag != "!") stop(mark, "the tag {} is not supported", tag);
    if (expects_key()) stop(mark, "a key must be a word, not a list or a map");
    if (open_.size() >= kMaxDepth) stop(mark, "nested deeper than {} levels", kMaxDepth);
    const std::string path = path_of_next();
    document_.lines.emplace(path, mark.line + 1);
    open_.push_back({std::move(value), path, "", false});
  }
  void close() {
    Json value = std::move(open_.back().value);
    open_.pop_back();
    put(std::move(value));
  }
  void add(const YAML::Mark& mark, Json value) {
    document_.lines.emplace(path_of_next(), mark.line + 1);  // a key has noted its own line already
    put(std::move(value));
  }
  void put(Json value) {
    if (open_.empty()) {
      document_.value = std::move(value);
    } else if (open_.back().value.is_array()) {
      open_.back().value.push(std::move(value));
    } else {
      open_.back().value.set(open_.back().key, std::move(value));
      open_.back().has_key = false;
    }
  }

  Document& document_;
  std::vector<Open> open_;
};

// Reads past a first document, to find out whether there is a second one.
class Ignore : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    stop(mark, "a second document begins here; only one is read");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

}  // namespace

Result<Document> parse(std::string_view text) {
  try {
    // A document that ends in so many words: without it yaml-cpp takes a quote that is never closed for a value.
    std::istringstream in(std::string(text) + (text.ends_with('\n') ? "...\n" : "\n...\n"));
    YAML::Parser parser(in);
    Document document;
    Builder builder(document);
    parser.HandleNextDocument(builder);
    Ignore ignore;
    parser.HandleNextDocument(ignore);
    return document;
  } catch (const Stop& e) {
    return fail(e.error);
  } catch (const YAML::Exception& e) {
    return fail(Code::invalid, "line {}: not valid YAML: {}", e.mark.line + 1, e.msg);
  } catch (const std::exception& e) {
    return fail(Code::invalid, "not valid YAML: {}", e.what());
  }
}

}  // namespace polly::yaml
