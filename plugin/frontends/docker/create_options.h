// `docker volume create -d polly -o key=value ..`: the options of a volume, and whether a volume that exists has them.
#pragma once

#include <map>
#include <string>

#include "core/model/claim.h"

namespace polly::node {

using Options = std::map<std::string, std::string>;

// Unknown keys are refused by name.
Result<CreateVolume> read_create_options(const std::string& name, const Options& options);
// The first option that the volume has otherwise, as a sentence: "its size is 1 GiB, not 2 GiB"; "" when none.
std::string difference(const Volume& volume, const CreateVolume& wanted, const Options& options);

}  // namespace polly::node
