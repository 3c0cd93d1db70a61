// The configuration file, read for the command line.
#pragma once

#include "base/result.h"
#include "base/yaml.h"
#include "cli/context.h"
#include "core/model/settings.h"

namespace polly::cli {

struct ConfigFile {
  Settings settings;
  yaml::Document document;  // for the lines of what is found wrong later
};

// Errors name the file, and line and key where it is one of them that is wrong.
Result<ConfigFile> read_config(const std::string& path);
// The same, where a file that was not named need not be there: no settings then.
Result<Settings> read_config_if_any(const Context& context);

}  // namespace polly::cli
