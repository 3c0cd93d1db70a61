#include "base/http_session.h"

#include <Poco/Exception.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace polly::http {
namespace {

// A chunk of one byte takes six on the wire.
constexpr uint64_t kWireOfAByte = 8;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

const std::string* find(const Headers& headers, const char* name) {
  auto found = headers.find(name);
  return found == headers.end() ? nullptr : &found->second;
}

}  // namespace

bool is_token(std::string_view text) {
  static constexpr auto kAllowed = [] {
    std::array<bool, 256> allowed{};
    for (int c = 0x21; c < 0x7f; ++c) allowed[static_cast<size_t>(c)] = true;
    for (unsigned char c : std::string_view("()<>@,;:\\\"/[]?={}")) allowed[c] = false;
    return allowed;
  }();
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) { return kAllowed[c]; });
}

Result<Headers> read_fields(const Poco::Net::MessageHeader& message) {
  Headers headers;
  for (const auto& [name, value] : message) {
    if (!is_token(name)) return fail(Code::invalid, "the header field '{:.40}' is not valid", name);
    if (value.find('\0') != std::string::npos)
      return fail(Code::invalid, "the header field '{:.40}' holds a NUL", name);
    const size_t end = value.find_last_not_of(" \t") + 1;
    auto [field, added] = headers.try_emplace(lower(name), value, 0, end);
    if (added) continue;
    if (field->first == "content-length" || field->first == "transfer-encoding") {
      return fail(Code::invalid, "the header field '{}' stands twice", field->first);
    }
    field->second.append(", ").append(value, 0, end);
  }
  return headers;
}

Result<Framing> framing_of(const Headers& headers) {
  const std::string* length = find(headers, "content-length");
  const std::string* encoding = find(headers, "transfer-encoding");
  if (length && encoding) return fail(Code::invalid, "it has both Content-Length and Transfer-Encoding");
  if (encoding) {
    if (lower(*encoding) != "chunked") return fail(Code::invalid, "its Transfer-Encoding is '{:.40}'", *encoding);
    return Framing{Framing::Kind::chunked, 0};
  }
  if (!length) return Framing{};
  Framing framing{Framing::Kind::fixed, 0};
  auto [end, error] = std::from_chars(length->data(), length->data() + length->size(), framing.length);
  if (error != std::errc{} || end != length->data() + length->size()) {
    return fail(Code::invalid, "its Content-Length is '{:.40}'", *length);
  }
  return framing;
}

Result<std::string> read_body(std::istream& in, const Framing& framing, size_t limit, Channel& channel) {
  using Kind = Framing::Kind;
  if (framing.kind == Kind::none) return std::string();
  if (framing.kind == Kind::fixed && framing.length > limit) {
    return fail(Code::too_large, "the body has {} bytes, more than the {} allowed", framing.length, limit);
  }
  channel.allow(kWireOfAByte * limit + kMaxHead, "the body");
  std::string body;
  std::array<char, 4096> piece;
  // One byte over the limit is enough to know.
  const auto most = [&] { return static_cast<std::streamsize>(std::min(piece.size(), limit + 1 - body.size())); };
  while (in.read(piece.data(), most()), in.gcount() > 0) {
    body.append(piece.data(), static_cast<size_t>(in.gcount()));
    if (body.size() > limit) return fail(Code::too_large, "the body has more than the {} bytes allowed", limit);
  }
  const bool ended = framing.kind == Kind::until_close && channel.peer_ended();
  if (channel.failure() && !ended) return fail(*channel.failure());
  if (framing.kind == Kind::fixed && body.size() != framing.length) return fail(Code::invalid, "its body is too short");
  return body;
}

std::string one_line(std::string_view value) {
  std::string out(value);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
  return out;
}

Error unreadable(const Channel& channel, const std::exception& thrown) {
  if (channel.failure()) return *channel.failure();
  const auto* ours = dynamic_cast<const Poco::Exception*>(&thrown);
  const std::string text = ours ? ours->displayText() : thrown.what();
  const bool too_long = text.find("Field value too long") != std::string::npos;
  return {too_long ? Code::too_large : Code::invalid, fmt::format("it is not HTTP ({})", text)};
}

}  // namespace polly::http
