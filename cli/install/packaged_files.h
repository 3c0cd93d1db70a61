// The files of packaging/, as they were when this executable was built.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace polly::cli {

// By their names below packaging/: "systemd/polly-node.service", "config.yml".
const std::vector<std::pair<std::string_view, std::string_view>>& packaged_files();

}  // namespace polly::cli
