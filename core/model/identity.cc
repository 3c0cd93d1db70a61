#include "core/model/identity.h"

#include <algorithm>

namespace polly {
namespace {

constexpr std::string_view token_start = "POLLY-1-";
constexpr size_t fingerprint_digits = 64, secret_digits = 32;

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

// The message never repeats the text: it may be a token with one letter wrong.
Result<JoinToken> JoinToken::parse(std::string_view text) {
  constexpr size_t length = token_start.size() + fingerprint_digits + 1 + secret_digits;
  if (text.size() == length && text.starts_with(token_start) && text[length - secret_digits - 1] == '-') {
    auto fingerprint = text.substr(token_start.size(), fingerprint_digits);
    auto secret = text.substr(length - secret_digits);
    if (is_hex(fingerprint) && is_hex(secret)) return JoinToken{std::string(fingerprint), std::string(secret)};
  }
  return fail(Code::invalid, "that is no join token; `polly node token` on the coordinator's machine makes one");
}

std::string JoinToken::text() const {
  return fmt::format("{}{}-{}", token_start, ca_fingerprint, secret);
}

}  // namespace polly
