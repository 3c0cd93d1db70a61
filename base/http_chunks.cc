#include "base/http_chunks.h"

#include <algorithm>
#include <charconv>

namespace polly::http {
namespace {

constexpr size_t kMaxLine = 256;  // of a size with its extension

}  // namespace

Status Chunks::size_line() {
  uint64_t size = 0;
  const char* end = line_.data() + std::min(line_.size(), line_.find(';'));
  while (end > line_.data() && (end[-1] == ' ' || end[-1] == '\t')) --end;
  auto [at, error] = std::from_chars(line_.data(), end, size, 16);
  if (error != std::errc{} || at != end) return fail(Code::invalid, "a chunk is broken");
  left_ = size;
  state_ = size == 0 ? State::last_line : State::data;
  return {};
}

Status Chunks::take(std::string_view bytes, std::string& body) {
  while (!bytes.empty() && state_ != State::end) {
    if (state_ == State::data) {
      const auto n = static_cast<size_t>(std::min<uint64_t>(left_, bytes.size()));
      body.append(bytes, 0, n);
      bytes.remove_prefix(n);
      left_ -= n;
      if (left_ == 0) state_ = State::after_data;
      continue;
    }
    const char c = bytes.front();
    bytes.remove_prefix(1);
    if (c != '\n') {
      line_ += c;
      const bool possible = state_ == State::size ? line_.size() <= kMaxLine : line_ == "\r";
      if (!possible) return fail(Code::invalid, "a chunk is broken, or fields follow it");
      continue;
    }
    if (!line_.ends_with('\r')) return fail(Code::invalid, "a chunk is broken");
    line_.pop_back();
    if (state_ == State::size) {
      TRY_STATUS(size_line());
    } else {
      state_ = state_ == State::last_line ? State::end : State::size;
    }
    line_.clear();
  }
  return {};
}

}  // namespace polly::http
