// polly node ls|show
#pragma once

#include <string>

#include "base/result.h"
#include "cli/context.h"

namespace polly::cli {

Status list_nodes(const Context& context);
Status show_node(const Context& context, const std::string& name);

}  // namespace polly::cli
