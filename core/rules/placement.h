// Where a new volume goes, and what it is to be.
#pragma once

#include <string>
#include <vector>

#include "core/model/claim.h"
#include "core/model/pool.h"
#include "core/model/settings.h"

namespace polly {

struct PoolFacts {
  std::string name;
  Capabilities capabilities;
  uint64_t free = 0;  // what may still be promised
};

struct Defaults {
  uint64_t size = 0;
  DefaultAccess access = DefaultAccess::closed;
};

// The names of the pools to try, best first: the one that is named, those of the class, or all.
std::vector<std::string> eligible_pools(const CreateVolume& request, const ClassSettings* volume_class,
                                        std::vector<std::string> all);

// The volume to make: name, pool, class, size, filesystem, modes. The rest is for others to fill in.
// `volume_class` is null when the request names none. Pools are tried in the class's order, or in that of `pools`; of
// several that will do, the first. Errors name each pool and why it will not do.
Result<Volume> place(const CreateVolume& request, const ClassSettings* volume_class,
                     const std::vector<PoolFacts>& pools, const Defaults& defaults);

// Whether a volume that exists is what a request asks for: what the request leaves open does not count.
// The error names what differs.
Status check_same(const Volume& existing, const CreateVolume& request);

}  // namespace polly
