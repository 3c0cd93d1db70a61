// Loop devices: a file as a block device. They belong to the machine, not to a mount namespace, so other nodes under
// test and other programs see and make them too: ours are told by the name of the file behind them, and others' are let
// alone.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace polly::drivers::kit {

struct LoopDevice {
  std::string path;  // "/dev/loop3"
  uint64_t size = 0;
  // The device lets go of its file when the last one who has it open closes it: mount it before this is closed. A
  // process that dies before leaves nothing behind.
  UniqueFd fd;
};

// `block_size` 0 leaves it to the kernel. Direct I/O is used where the file's filesystem can do it.
Result<LoopDevice> attach_loop(const UniqueFd& file, const std::string& file_name, uint32_t block_size);

struct AttachedLoop {
  std::string path;  // "/dev/loop3"
  dev_t device = 0;
  std::string backing_file;  // as the kernel spells it; ends in " (deleted)" when it is
};

// Loop devices whose file has this name, in whatever directory and whatever mount namespace it was opened.
Result<std::vector<AttachedLoop>> loops_of(const std::string& file_name);
// The name of the file behind a device; "" when it is no loop device, or has none.
std::string backing_name(dev_t device);
// Waits until no loop device has that file any more; `busy` when the time is over.
Status wait_until_released(const std::string& file_name, std::chrono::milliseconds patience);
// Waits until no filesystem of this device is mounted in any namespace; `busy` when the time is over.
Status wait_until_unmounted(const std::string& device, std::chrono::milliseconds patience);

}  // namespace polly::drivers::kit
