// polly config check
#pragma once

#include <string>

#include "base/result.h"
#include "cli/config_file.h"
#include "cli/context.h"

namespace polly::cli {

// Everything that can be told wrong without starting anything: keys and types, addresses, each pool by its own driver.
Status check_config(const Context& context, const std::string& path);
Status check_settings(const ConfigFile& file);

}  // namespace polly::cli
