// The command line as a function, so that tests can call it as a shell would.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace polly::cli {

struct Terminal {
  std::ostream& out;
  std::ostream& err;
  bool colour = false;  // for out
};

// `words` without the program's name. The result is the exit code: 0, or that of the error's code
// (base/error_codes.cc).
int run(const std::vector<std::string>& words, const Terminal& terminal);

}  // namespace polly::cli
