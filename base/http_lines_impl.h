// Inside base only: what http_client.cc hands to Lines.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>

#include "base/http_chunks.h"
#include "base/http_client_session.h"
#include "base/http_lines.h"

namespace polly::http {

struct Lines::Impl {
  std::string what;  // "cannot follow /events at ..", for messages
  size_t max_line;
  std::stop_token stop;
  std::unique_ptr<ClientSession> session;
  Response head;
  Waker waker{stop, session->channel().sockfd()};

  Chunks chunks{};
  std::string text{};  // of the body, not handed out yet
  std::string line{};
  std::string broken{};
  std::optional<Error> failure{};

  Result<Event> next(Deadline deadline);
  bool take_line();
};

}  // namespace polly::http
