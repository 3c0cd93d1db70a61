// Making an image so that it is either there with all its space, or not at all.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace polly::drivers::loop {

enum class Provisioning { thick, thin };

// `exhausted` when the space is not there; nothing is left then. A crash leaves <directory>/.creating-<id>, which the
// next call for the same volume uses, and sweep_images() removes.
Status make_image(const std::string& directory, const std::string& id, uint64_t size, Provisioning provisioning);
// Removes what crashed calls left; what somebody is at work on is locked, and stays.
void sweep_images(const std::string& directory);

}  // namespace polly::drivers::loop
