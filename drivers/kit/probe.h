// What is on a block device, read with the suspicion of one who is about to write to it.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace polly::drivers::kit {

struct Probe {
  // What libblkid knows by its signature: "ext4", "xfs", "crypto_LUKS", "swap"; "dos" or "gpt" for a partition table;
  // "" for nothing.
  std::string type;
  std::string uuid;
};

// Errors: `unavailable` when the device cannot be read, `corrupt` when it bears signatures of several kinds at once.
// Both mean that nobody knows what is there.
Result<Probe> probe_device(const std::string& device);
// Reads the first and the last MiB and blocks spread between; `corrupt` when a byte of them is not zero. For a device
// that nothing was found on: data without a signature (a database on a raw device, the middle of a stripe) is data too.
Status check_blank(const std::string& device, uint64_t size);
// True when the filesystem of that type may have been mounted since it was made, so that it may hold data. Looks at
// what the first mount leaves: ext4's count of mounts, xfs's log. Errors count as yes.
bool may_have_been_mounted(const std::string& device, const std::string& type);

}  // namespace polly::drivers::kit
