// The command lines of polly-node and polly-guard: `--config FILE`, `--version`, and for the guard `--run COMMAND
// ARGS..`, which takes all that follows.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace polly::guard {

struct Arguments {
  std::string config = "/etc/polly/config.yml";
  bool version = false;
  bool help = false;
  std::vector<std::string> run;
};

Result<Arguments> parse_arguments(int count, char** words, bool may_run);
std::string usage(const std::string& program, bool may_run);

}  // namespace polly::guard
