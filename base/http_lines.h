// An answer that goes on for as long as both sides like: the lines of a chunked body, as they come. Client::follow
// opens one. For one thread; its connection ends with it.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/http.h"

namespace polly::http {

class Lines {
 public:
  enum class Event {
    line,
    silence,  // no whole line came in the time; what came of one is kept
    end,      // the server has ended the body in good order
  };

  // What comes next, within the time. Errors are final: unavailable (cut off, or stopped from another thread), invalid
  // (a broken chunk), too_large (a line over the limit).
  Result<Event> next(std::chrono::milliseconds within);
  // The last one, without its end.
  const std::string& line() const;
  // Of the head: names in lower case.
  const Response& head() const;

  struct Impl;
  explicit Lines(std::unique_ptr<Impl> impl);  // for http_client.cc
  Lines(Lines&&) noexcept;
  Lines& operator=(Lines&&) = delete;
  ~Lines();

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace polly::http
