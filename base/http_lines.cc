#include <array>

#include "base/http_lines_impl.h"

namespace polly::http {
namespace {

using std::chrono::steady_clock;

}  // namespace

// What stands after the last line's end is a line too when the body is complete.
bool Lines::Impl::take_line() {
  const size_t end = text.find('\n');
  if (end == std::string::npos && (text.empty() || !chunks.complete())) return false;
  line = text.substr(0, end);
  text.erase(0, end == std::string::npos ? end : end + 1);
  return true;
}

Result<Lines::Event> Lines::Impl::next(Deadline deadline) {
  std::array<char, 4096> buffer;
  for (;;) {
    if (std::min(text.find('\n'), text.size()) > max_line)
      return fail(Code::too_large, "a line is longer than {} bytes", max_line);
    if (take_line()) return Event::line;
    if (!broken.empty()) return fail(Code::invalid, "{}", broken);
    if (chunks.complete()) return Event::end;
    // Waiting is not left to the read: a read that is late cannot be taken up again.
    if (!session->reads_ahead() && !session->channel().await(deadline)) return Event::silence;
    session->channel().begin(steady_clock::now() + std::chrono::seconds(10));
    TRY(bytes, session->receive_raw(buffer.data(), buffer.size()));
    // What was whole before it broke is handed over first.
    if (const Status taken = chunks.take(bytes, text); !taken) broken = taken.error().message;
  }
}

Lines::Lines(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Lines::Lines(Lines&&) noexcept = default;
Lines::~Lines() = default;
const std::string& Lines::line() const {
  return impl_->line;
}
const Response& Lines::head() const {
  return impl_->head;
}

Result<Lines::Event> Lines::next(std::chrono::milliseconds within) {
  if (impl_->failure) return fail(*impl_->failure);
  auto event = impl_->next(steady_clock::now() + within);
  if (event) return event;
  const bool stopped = impl_->stop.stop_requested();
  const std::string cause = stopped ? "it was stopped" : event.error().message;
  impl_->failure = Error{stopped ? Code::unavailable : event.error().code, impl_->what + ": " + cause};
  return fail(*impl_->failure);
}

}  // namespace polly::http
