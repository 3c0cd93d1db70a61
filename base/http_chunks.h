// Inside base only: a chunked body taken apart as its bytes come, wherever they are cut. Poco's reader waits for the
// next chunk while it hands out the last, and takes a broken one for the end.
//
//     body  = *( size [";" extension] CRLF bytes CRLF ) "0" [";" extension] CRLF CRLF
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace polly::http {

class Chunks {
 public:
  // Appends to `body` what the bytes hold of it. `invalid` when they are no chunks; what was whole before is appended.
  Status take(std::string_view bytes, std::string& body);
  bool complete() const { return state_ == State::end; }  // what comes after it is ignored

 private:
  enum class State { size, data, after_data, last_line, end };
  Status size_line();

  State state_ = State::size;
  std::string line_;   // the beginning of the line that is being read
  uint64_t left_ = 0;  // of the chunk
};

}  // namespace polly::http
