#include "base/http_uri.h"

#include "base/http_client.h"

namespace polly::http {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

Status parse_query(std::string_view text, std::map<std::string, std::string>& query) {
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    TRY(key, percent_decode(pair.substr(0, equals), true));
    TRY(value, percent_decode(pair.substr(std::min(pair.size(), equals + 1)), true));
    query.insert_or_assign(std::move(key), std::move(value));
  }
  return {};
}

}  // namespace

Result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[at] != '%') {
      out += text[at];
    } else {
      const int high = at + 2 < text.size() ? hex_digit(text[at + 1]) : -1;
      const int low = at + 2 < text.size() ? hex_digit(text[at + 2]) : -1;
      if (high < 0 || low < 0 || high + low == 0) {
        return fail(Code::invalid, "cannot read the request: '{:.100}' holds a broken % escape", text);
      }
      out += static_cast<char>(high * 16 + low);
      at += 2;
    }
  }
  return out;
}

Result<Target> parse_target(std::string_view text) {
  if (size_t scheme = text.find("://"); !text.starts_with('/') && scheme != std::string_view::npos) {
    const size_t path = text.find('/', scheme + 3);
    text = path == std::string_view::npos ? "/" : text.substr(path);
  }
  if (!text.starts_with('/')) return fail(Code::invalid, "cannot read the request: its path must begin with /");
  text = text.substr(0, text.find('#'));
  const size_t question = std::min(text.find('?'), text.size());
  Target target;
  target.raw_path = text.substr(0, question);
  TRY(path, percent_decode(target.raw_path));
  target.path = std::move(path);
  TRY_STATUS(parse_query(text.substr(std::min(text.size(), question + 1)), target.query));
  return target;
}

std::string encode_segment(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace polly::http
