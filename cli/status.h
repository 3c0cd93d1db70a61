// polly status, event ls, version
#pragma once

#include <string>

#include "base/result.h"
#include "cli/context.h"

namespace polly::cli {

Status show_status(const Context& context);
// Of one volume, or of everything with an empty name.
Status list_events(const Context& context, const std::string& volume, int limit);
// This command's own, and the coordinator's where one can be reached.
Status show_version(const Context& context);

}  // namespace polly::cli
