// Reading JSON. Poco::JSON checks the grammar and reports what it sees; the value is built here, without Poco's own
// object tree. What Poco lets pass is caught here: a number that does not fit (it reads 2^64 as 0), a key that stands
// twice (the last wins), depth.
#include <Poco/Exception.h>
#include <Poco/JSON/Handler.h>
#include <Poco/JSON/Parser.h>

#include <charconv>
#include <cmath>
#include <optional>

#include "base/json.h"

namespace polly {
namespace {

constexpr int kMaxDepth = 32;

Result<Json> read_number(std::string_view text) {
  const char* end = text.data() + text.size();
  if (text.find_first_of(".eE") == std::string_view::npos) {
    int64_t value = 0;
    auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error == std::errc{} && stop == end) return Json(value);
    uint64_t large = 0;
    auto [large_stop, large_error] = std::from_chars(text.data(), end, large);
    if (large_error == std::errc{} && large_stop == end) return Json(large);
    return fail(Code::invalid, "not valid JSON: the integer {:.40} does not fit into 64 bits", text);
  }
  double value = 0;
  auto [stop, error] = std::from_chars(text.data(), end, value);
  // An underflow to nothing is as good as 0; an overflow is not a number.
  if (error == std::errc::result_out_of_range && std::abs(value) < 1 && stop == end) return Json(0.0);
  if (error != std::errc{} || stop != end || !std::isfinite(value)) {
    return fail(Code::invalid, "not valid JSON: the number {:.40} does not fit into a double", text);
  }
  return Json(value);
}

constexpr size_t kHoldsNul = std::string_view::npos;

// Where the string ends that starts here. Poco would cut the string off at a NUL.
size_t end_of_string(std::string_view text, size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\0') return kHoldsNul;
    if (text[at] != '\\') continue;
    if (text.substr(at).starts_with("\\u0000")) return kHoldsNul;
    ++at;
  }
  return at;
}

// The numbers of a document in their order, read exactly. Walks over everything else; grammar is not its business.
Result<std::vector<Json>> scan(std::string_view text) {
  std::vector<Json> numbers;
  int depth = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_string(text, at);
      if (at == kHoldsNul) return fail(Code::invalid, "not valid JSON for us: a string holds a NUL character");
    } else if (c == '{' || c == '[') {
      if (++depth > kMaxDepth) {
        return fail(Code::invalid, "not valid JSON for us: nested deeper than {} levels", kMaxDepth);
      }
    } else if (c == '}' || c == ']') {
      --depth;
    } else if (c == '-' || (c >= '0' && c <= '9')) {
      size_t end = text.find_first_not_of("0123456789+-.eE", at);
      if (end == std::string_view::npos) end = text.size();
      TRY(number, read_number(text.substr(at, end - at)));
      numbers.push_back(std::move(number));
      at = end - 1;
    }
  }
  return numbers;
}

class Builder : public Poco::JSON::Handler {
 public:
  explicit Builder(std::vector<Json> numbers) : numbers_(std::move(numbers)) {}

  void reset() override {}
  void startObject() override { open(Json::object()); }
  void endObject() override { close(); }
  void startArray() override { open(Json::array()); }
  void endArray() override { close(); }
  void key(const std::string& name) override { open_.back().key = name; }
  void null() override { add(Json()); }
  void value(bool v) override { add(Json(v)); }
  void value(const std::string& v) override { add(Json(v)); }
  // Poco's own reading of a number is not trusted.
  void value(int) override { add_number(); }
  void value(unsigned) override { add_number(); }
  void value(Poco::Int64) override { add_number(); }
  void value(Poco::UInt64) override { add_number(); }
  void value(double) override { add_number(); }

  Result<Json> take() {
    if (repeated_key_) return fail(Code::invalid, "not valid JSON for us: the key '{}' stands twice", *repeated_key_);
    if (!root_ || next_number_ != numbers_.size()) return fail(Code::invalid, "not valid JSON: it does not end");
    return std::move(*root_);
  }

 private:
  struct Open {
    Json value;
    std::string key;  // of the member that comes next
  };

  void open(Json value) { open_.emplace_back().value = std::move(value); }
  void add_number() { add(next_number_ < numbers_.size() ? std::move(numbers_[next_number_++]) : Json()); }
  void close() {
    Json value = std::move(open_.back().value);
    open_.pop_back();
    add(std::move(value));
  }
  void add(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    Open& parent = open_.back();
    if (parent.value.is_array()) {
      parent.value.push(std::move(value));
    } else if (parent.value.has(parent.key)) {
      if (!repeated_key_) repeated_key_ = parent.key;
    } else {
      parent.value.set(std::move(parent.key), std::move(value));
    }
  }

  std::vector<Json> numbers_;
  size_t next_number_ = 0;
  std::vector<Open> open_;
  std::optional<Json> root_;
  std::optional<std::string> repeated_key_;
};

Result<Json> parse_container(const std::string& text) {
  TRY(numbers, scan(text));
  try {
    Poco::SharedPtr<Builder> builder(new Builder(std::move(numbers)));
    Poco::JSON::Parser parser(builder);
    parser.parse(text);
    return builder->take();
  } catch (const Poco::Exception& e) {
    return fail(Code::invalid, "not valid JSON: {}", e.message().empty() ? e.name() : e.message());
  } catch (const std::exception& e) {
    return fail(Code::invalid, "not valid JSON: {}", e.what());
  }
}

}  // namespace

Result<Json> Json::parse(std::string_view text) {
  const size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return fail(Code::invalid, "not valid JSON: the text is empty");
  if (text[start] == '{' || text[start] == '[') return parse_container(std::string(text));
  // Poco refuses a value that stands alone, RFC 8259 does not.
  TRY(wrapped, parse_container(fmt::format("[{}]", text)));
  if (wrapped.as_array().size() != 1) return fail(Code::invalid, "not valid JSON: bytes follow the value");
  return wrapped.as_array().front();
}

}  // namespace polly
