// Giving and taking back the permission to use a volume.
#pragma once

#include "swarm/operations/context.h"

namespace polly::swarm {

// A grant to the same subject is replaced.
Result<Volume> give_grant(const Context& context, const std::string& volume, ServicePattern to, Access access,
                          const std::string& by);

struct Revoked {
  Volume volume;
  // What is mounted already and would not be allowed now: it stays until its container ends.
  std::vector<std::pair<std::string, Mount>> still_mounted;  // with the node
};

Result<Revoked> take_grant(const Context& context, const std::string& volume, const ServicePattern& from,
                           const std::string& by);

}  // namespace polly::swarm
