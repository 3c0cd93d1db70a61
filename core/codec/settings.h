// Reads the configuration. Unknown keys and wrong types are refused with line and key.
#pragma once

#include <map>
#include <string>

#include "core/model/settings.h"

namespace polly {

// `lines` gives the line of a key path ("coordinator.pools.fast.driver"), for messages.
Result<Settings> settings_from_json(const Json& value, const std::map<std::string, int, std::less<>>& lines);

}  // namespace polly
