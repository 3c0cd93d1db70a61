// The bytes that a limited pool has promised to volumes. Promising and giving back stand in the same commit as what
// they are for, so nothing is promised twice and nothing is lost.
#pragma once

#include "swarm/operations/context.h"

namespace polly::swarm {

// Adds the promise to the edit. `exhausted` when the pool cannot keep it. A pool without a configured capacity promises
// nothing: there the platform's own word counts.
Status promise(const Context& context, const Pool& pool, uint64_t size, store::Edit& edit);
Status give_back(const Context& context, const Volume& volume, store::Edit& edit);

}  // namespace polly::swarm
