// The programs that make and check filesystems. Only format.cc calls make_filesystem().
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "base/result.h"

namespace polly::drivers::kit {

// What the node half can make and mount; the first choice is ext4.
const std::set<std::string>& known_filesystems();
// The least size of a volume with it: below, mkfs itself refuses (xfs), or leaves out the journal (ext4).
uint64_t minimum_size(const std::string& filesystem);

// DESTROYS what is on the device. `again` when an earlier attempt of ours may have left something there.
Status make_filesystem(const std::string& device, uint64_t size, const std::string& filesystem, const std::string& uuid,
                       bool again);
// True when the filesystem checks clean; writes nothing. False also when the checker is missing or takes too long.
bool checks_clean(const std::string& device, const std::string& filesystem);
std::string new_uuid();

}  // namespace polly::drivers::kit
