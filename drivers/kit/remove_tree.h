// Removes a directory of users' data, which may be deep, wide and hostile.
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"

namespace polly::drivers::kit {

// Removes <parent>/<name> and all below it, never through a symbolic link or into another mount: `busy` at a mount
// point. Needs a constant number of descriptors however deep the tree is. `timeout` when there is more than can be
// removed in the time: call it again, as after a crash; what is left is still below <parent>/<name>. Not there is
// success.
Status remove_tree(const std::string& parent, const std::string& name, std::chrono::milliseconds patience);

}  // namespace polly::drivers::kit
