// An image file for each volume, on storage that all nodes share and have mounted at the same path; attached by a loop
// device on one node at a time.
//
//     <path>/<cluster>/<volume id>.img            the image: of exactly the volume's size; its name is its serial
//     <path>/<cluster>/<volume id>.json           the label: whose it is (see kit/pool_directory.cc)
//     <path>/<cluster>/.creating-<volume id>      an image on its way in, locked by who makes it
//
// There is an image only where there is a label. Settings: path (must be there), capacity, provisioning: thick
// (default, the space is set aside) or thin.
//
// The open image is locked (flock) while a loop device has it: the device holds the lock of the descriptor that it was
// made from. So a second node that shares the storage's locks is refused even if everything else went wrong.
#pragma once

#include <memory>
#include <string>

#include "drivers/driver.h"

namespace polly::drivers::loop {

Result<std::unique_ptr<Controller>> make_controller(const ControllerOptions& options);
std::unique_ptr<NodeHalf> make_node_half();

// What controller and node agree on.
inline constexpr std::string_view kImage = ".img";
inline constexpr uint32_t kBlock = 4096;  // of the loop device, and what sizes are a multiple of

}  // namespace polly::drivers::loop
