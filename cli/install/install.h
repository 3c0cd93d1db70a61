// polly install
#pragma once

#include <string>

#include "base/result.h"
#include "cli/context.h"

namespace polly::cli {

struct InstallWishes {
  std::string role = "both";  // coordinator, node or both
  std::string root;           // put before every path; "" for this machine
  std::string programs;       // where the units look for the programs; "": /usr/local/bin, or where polly stands
  bool print = false;         // shows the units and changes nothing
};

// Programs, units, a configuration if there is none. What is in place already stays, so it may be run again at any
// time. Starts nothing.
Status install(const Context& context, const InstallWishes& wishes);

}  // namespace polly::cli
