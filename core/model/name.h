// Names follow Docker's rule for volumes: [a-zA-Z0-9][a-zA-Z0-9_.-]+, so at least two characters; at most 128, so that
// a name is always a file name too.
#pragma once

#include <string_view>

#include "base/result.h"

namespace polly {

// `what` names the kind in the message: "volume", "pool".
Status check_name(std::string_view what, std::string_view name);

}  // namespace polly
