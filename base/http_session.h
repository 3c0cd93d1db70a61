// Inside base only: Poco's sessions over our channel, and what they read held to the letter, because two readers that
// disagree about where a message ends can be made to see two different requests.
#pragma once

#include <Poco/Net/MessageHeader.h>
#include <Poco/Net/StreamSocket.h>

#include <istream>
#include <map>
#include <string>
#include <string_view>

#include "base/http_channel.h"

namespace polly::http {

constexpr size_t kMaxHead = 64 * 1024;

using Headers = std::map<std::string, std::string>;  // names in lower case

// How a message tells where its body ends.
struct Framing {
  enum class Kind { none, fixed, chunked, until_close };
  Kind kind = Kind::none;
  uint64_t length = 0;  // of a fixed one
};

bool is_token(std::string_view text);
Result<Headers> read_fields(const Poco::Net::MessageHeader& message);
Result<Framing> framing_of(const Headers& headers);
// What has arrived of the body, no more than limit. Whether a chunked one is complete is for the session to say.
Result<std::string> read_body(std::istream& in, const Framing& framing, size_t limit, Channel& channel);
// A value that came from elsewhere must not begin a header field of its own.
std::string one_line(std::string_view value);
// What is wrong with a message that Poco threw at.
Error unreadable(const Channel& channel, const std::exception& thrown);

// A session of Poco's, client's or server's.
template <class Session>
class Over : public Session {
 public:
  template <class... More>
  explicit Over(Channel* channel, More&&... more) : Session(Socket(channel), more...), channel_(*channel) {}

  Channel& channel() { return channel_; }
  using Session::peek;
  bool reads_ahead() const { return this->buffered() > 0; }
  Status check_head() const { return check_blank_line("its header ends before it should"); }
  Result<std::string> body(std::istream& in, const Framing& framing, size_t limit) {
    TRY(text, read_body(in, framing, limit, channel_));
    if (framing.kind == Framing::Kind::chunked) TRY_STATUS(check_blank_line("a chunk is broken, or fields follow it"));
    return std::move(text);
  }

 private:
  struct Socket : Poco::Net::StreamSocket {
    explicit Socket(Channel* channel) : StreamSocket(channel) {}
  };
  Status check_blank_line(const char* otherwise) const {
    if (channel_.failure()) return fail(*channel_.failure());
    if (!channel_.at_blank_line(static_cast<size_t>(this->buffered()))) return fail(Code::invalid, "{}", otherwise);
    return {};
  }
  Channel& channel_;
};

}  // namespace polly::http
