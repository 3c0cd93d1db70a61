// The top directory of a volume, as its first container finds it.
#pragma once

#include <string>

#include "base/result.h"
#include "drivers/driver.h"

namespace polly::drivers::kit {

// Makes <place>/data with the permissions and owner of the request. Once it is there it belongs to the containers, and
// is left as it is. `place` must be a directory that no container sees.
Status make_top_directory(const std::string& place, const StageRequest& request);
// Before anything is made: that permissions and owner can be given at all.
Status check_owner(const StageRequest& request);
// Gives the permissions and owner of the request to an existing directory.
Status set_owner(const std::string& path, const StageRequest& request);
Result<mode_t> parse_permissions(const std::string& text);  // "0750", "750"; "" is 0755

}  // namespace polly::drivers::kit
