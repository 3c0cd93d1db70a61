// polly coordinator [init]
#pragma once

#include "base/result.h"
#include "cli/context.h"

namespace polly::cli {

// Runs until SIGTERM or SIGINT.
Status run_coordinator(const Context& context);
// The CA alone, without starting; what is there stays.
Status init_coordinator(const Context& context);

}  // namespace polly::cli
