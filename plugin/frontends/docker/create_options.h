// `docker volume create -d polly -o key=value ..`: the options of a volume.
#pragma once

#include <map>
#include <string>

#include "core/model/claim.h"

namespace polly::node {

using Options = std::map<std::string, std::string>;

// Unknown keys are refused by name.
Result<CreateVolume> read_create_options(const std::string& name, const Options& options);

}  // namespace polly::node
