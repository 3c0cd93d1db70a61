// A directory for each volume, on storage that all nodes share and have mounted at the same path.
//
//     <path>/<cluster>/<volume id>/
//       volume.json        whose it is; a directory without it is half made, or not ours
//       data/              what containers see
//       owned              there once data/ got its permissions and owner, at the first stage
//     <path>/<cluster>/.removing-<volume id>/    on its way out; the next remove or list goes on with it
//
// Settings: path (must be there), capacity. Sizes are not enforced.
#pragma once

#include <memory>
#include <string>

#include "drivers/driver.h"

namespace polly::drivers::directory {

Result<std::unique_ptr<Controller>> make_controller(const ControllerOptions& options);
std::unique_ptr<NodeHalf> make_node_half();

// What controller and node agree on.
inline constexpr const char* kLabel = "/volume.json";
inline constexpr const char* kData = "/data";
inline constexpr const char* kOwned = "/owned";

}  // namespace polly::drivers::directory
