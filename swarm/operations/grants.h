// Giving and taking back the permission to use a volume.
#pragma once

#include "swarm/operations/context.h"

namespace polly::swarm {

// A grant to the same subject is replaced. Sets when it was given; the rest is the caller's.
Result<Volume> give_grant(const Context& context, const std::string& volume, Grant grant);

struct Revoked {
  Volume volume;
  // What is mounted already and would not be allowed now: it stays until its container ends.
  std::vector<std::pair<std::string, Mount>> still_mounted;  // with the node
};

Result<Revoked> take_grant(const Context& context, const std::string& volume, const ServicePattern& from,
                           const std::string& by);

}  // namespace polly::swarm
