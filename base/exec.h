// Runs a program and waits for it, with a deadline. No shell, no inherited descriptors, stdin is /dev/null.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"

namespace polly {

struct Exit {
  int code = 0;        // 128 + signal when a signal ended it
  std::string output;  // stdout and stderr as they came, the last 64 KiB of it
};

// Errors: not_found (no such program in PATH), timeout (killed with its process group). Any exit code is an answer.
Result<Exit> run(const std::vector<std::string>& command, std::chrono::milliseconds timeout);
// The same, where an exit code other than 0 is an error that quotes the last line of the output.
Status run_ok(const std::vector<std::string>& command, std::chrono::milliseconds timeout);

}  // namespace polly
