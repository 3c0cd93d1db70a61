// polly pool ls|show
#pragma once

#include <string>

#include "base/result.h"
#include "cli/context.h"

namespace polly::cli {

Status list_pools(const Context& context);
Status show_pool(const Context& context, const std::string& name);

}  // namespace polly::cli
