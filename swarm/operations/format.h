// The coordinator's half of making a filesystem: it is written down before a node may run mkfs, and after.
#pragma once

#include "core/model/claim.h"
#include "swarm/operations/context.h"

namespace polly::swarm {

// Only from the node that holds the volume under the epoch given, only for a volume that Polly made itself and that
// never had a filesystem.
Status record_format(const Context& context, const FormatStep& step);

}  // namespace polly::swarm
