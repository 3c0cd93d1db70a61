// An operator's way out where nothing else frees a volume: its node is silent, and what it holds cannot be fenced.
#pragma once

#include <string>

#include "swarm/operations/journal.h"
#include "swarm/sessions/sessions.h"

namespace polly::swarm {

struct ForcedRelease {
  std::string volume;  // its name
  std::string node;    // "" for the only one that holds it
  bool force = false;  // the operator's word that nothing on that node writes any more
  std::string by;
};

// Takes the volume from a node that does not answer, mounts and all, and ends that node's session: should it come back,
// it is told that the volume is not its own any more. Without `force` nothing is done, and the refusal says what would
// break. A node that answers is refused: it lets go by itself.
Result<Volume> release_by_force(const Context& context, Journal& journal, Sessions& sessions,
                                const ForcedRelease& request);

}  // namespace polly::swarm
