// Which mounts are dead, though no Unmount came: after a kill of the engine it forgets some. A pure judgement; the
// reconciler (reconciler.h) brings the facts and buries the dead.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "plugin/node/containers.h"
#include "plugin/node/record.h"

namespace polly::node {

struct Dead {
  std::string mount_id;
  std::string why;
};

//     the mount's container   not there                           -> dead
//                             busy                                -> kept
//                             stopped                             -> dead
//                             alive, fewer mount points than the
//                             journal has mounts for it           -> the oldest in excess are dead
//     container unknown       one of the volume's alive or busy   -> kept; otherwise dead
//
// Only mounts that are `mounted` and older than `young` are judged; the others count.
std::vector<Dead> find_dead(const std::vector<MountRecord>& mounts, const std::vector<ContainerView>& containers,
                            std::chrono::milliseconds now, std::chrono::milliseconds young);

}  // namespace polly::node
