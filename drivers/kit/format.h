// The rule for making a filesystem. No other code in Polly makes one.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "drivers/driver.h"

namespace polly::drivers::kit {

// A block device as the driver found it.
struct Device {
  std::string path;
  uint64_t size = 0;
  std::string serial;  // "" where the platform shows none
};

// Answers the type of the filesystem that may be mounted now. A filesystem is made only if
//   - the record says never formatted, and made by us (no copy, no adoption),
//   - the device's size and serial are the record's,
//   - the device could be read, and nothing was found on it,
//   - and the gate agreed: it recorded `formatting(uuid)` while the attachment has the current epoch.
// A crash in between leaves the record at formatting(uuid): nobody has mounted it yet, so what bears this uuid is ours.
// The filesystem is taken if it checks clean and made again if not; anything else on the device is refused. A record
// that says formatted(uuid) wants exactly that filesystem. Refusals change nothing on the device.
Result<std::string> prepare_filesystem(const Device& device, const StageRequest& request, FormatGate& gate);

}  // namespace polly::drivers::kit
