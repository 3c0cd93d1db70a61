// Who keeps a filesystem mounted that is unmounted here: other mount namespaces, which containers and what is left of
// them are. Sees the processes of its own pid namespace: all of the machine's, unless it is a managed plugin.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/result.h"

namespace polly::drivers::kit {

// "process 6927 (runc:[2:INIT])", the first that has a mount of the device and is in another mount namespace; "" when
// none is seen.
std::string mounted_elsewhere(dev_t device);
// For a message about such a device: who it is, or that somebody is.
std::string who_has_mounted(dev_t device);

}  // namespace polly::drivers::kit
