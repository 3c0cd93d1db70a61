// Mounting, by mount(2). All of these act on the calling thread's mount namespace.
#pragma once

#include <string>

#include "base/result.h"
#include "core/model/access.h"
#include "drivers/driver.h"
#include "drivers/kit/mount_table.h"

namespace polly::drivers::kit {

// A filesystem of a block device, at an existing directory.
Status mount_filesystem(const std::string& device, const std::string& type, const std::string& target);
// Shows a directory a second time, at an existing directory, for reading and writing.
Status bind_mount(const std::string& source, const std::string& target);
// A filesystem in memory for mount points, at an existing directory; one that is there already is success. What is
// mounted in it is seen where it is seen itself, and elsewhere not even the directories are.
Status mount_points_in_memory(const std::string& target);
// All that is mounted at that point; nothing is success. `busy` when somebody uses it: that mount stays.
Status unmount(const std::string& target);

// What a driver's publish and unpublish are made of. Publishing makes the target; a crash half way leaves a mount that
// nobody was told of, and the next call puts it right.
Status publish(const std::string& source, const std::string& target, Access access);
Status unpublish(const std::string& target);

// Makes the last directory of a path, and all of it if need be. Mount points need not outlive a power cut, and each
// write to disk would cost a container's start some milliseconds.
Status make_mount_point(const std::string& path);

// Every driver with a real directory stages at <directory>/fs and shows containers what is under fs/data, so that what
// Polly, or mkfs, keeps beside it (lost+found) is nothing a container sees.
std::string stage_point(const std::string& directory);
std::string data_path(const std::string& directory);
// A mount that shows this stage's data elsewhere in this namespace; null for none.
const MountEntry* published_from(const MountTable& table, const MountEntry& stage);
// Total and used bytes of the filesystem that holds the path.
Result<Usage> filesystem_usage(const std::string& path);

}  // namespace polly::drivers::kit
