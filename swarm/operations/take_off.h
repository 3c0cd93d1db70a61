// Taking a volume off a node, as every release does it: await_idle, then in one commit the mounts go and
// detach_if_unused begins the detach, then run_detach.
#pragma once

#include <optional>
#include <string>

#include "swarm/operations/journal.h"

namespace polly::swarm {

// Waits for an operation at work on the volume, so that its successor can begin.
Status await_idle(const Context& context, const std::string& volume_id);

// Begins the detach, as part of the edit, when no mount is left on the attachment. `operation` is begun once, however
// often the edit is tried.
void detach_if_unused(Journal& journal, Volume& volume, Attachment& attachment, store::Edit& edit,
                      const std::string& by, std::optional<Operation>& operation);

// After the commit, of which `committed` tells.
Status run_detach(Journal& journal, const std::optional<Operation>& operation, const Status& committed);

}  // namespace polly::swarm
