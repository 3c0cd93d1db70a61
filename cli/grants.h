// polly grant, revoke, grants
#pragma once

#include <string>

#include "base/result.h"
#include "cli/context.h"

namespace polly::cli {

Status grant(const Context& context, const std::string& volume, const std::string& to, bool read_only);
Status revoke(const Context& context, const std::string& volume, const std::string& from);
Status list_grants(const Context& context, const std::string& volume);

}  // namespace polly::cli
