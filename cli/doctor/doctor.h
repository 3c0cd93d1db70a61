// polly doctor
#pragma once

#include "base/result.h"
#include "cli/context.h"

namespace polly::cli {

// Succeeds only when all is well.
Status examine(const Context& context);

}  // namespace polly::cli
