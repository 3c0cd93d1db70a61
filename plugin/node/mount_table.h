// What is mounted on this machine below a directory, by the kernel.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace polly::node {

// Mount points below `directory`, sorted, each once.
Result<std::vector<std::string>> mount_points_below(const std::string& directory);
// The same from the text of a mountinfo file.
std::vector<std::string> mount_points_below(const std::string& directory, std::string_view mountinfo);

}  // namespace polly::node
