// Recording mounts and taking them off again: the one commit that gives a volume to a node, and the one that takes it
// away.
#pragma once

#include "swarm/operations/journal.h"

namespace polly::swarm {

// What the policy has found, as of one revision of the volume.
struct Decision {
  store::Stored<Volume> volume;
  Mount mount;  // to be recorded; its access is what was granted
  store::Stored<Node> node;
};

// Records the mount, makes the attachment with the next epoch where there is none yet, and attaches. `conflict`: the
// volume or the node changed since the decision; decide again. A mount that was released meanwhile is refused.
Result<MountAnswer> record_mount(const Context& context, Journal& journal, const Decision& decision);

// A repeat of a mount that is on record gets its answer again; nothing when it is not on record, or from a former boot
// of the node: that one is gone.
Result<std::optional<MountAnswer>> recorded_mount(const Context& context, const std::string& volume,
                                                  const std::string& mount_id, const Node& node);

// Takes a mount off, and bars it from being recorded later: its claim may still be waiting. The last one of a node
// begins the detach.
Status release_mount(const Context& context, Journal& journal, const Release& release);

// Takes off what the node had attached before its present boot, and, of what `volumes` shows, the mounts that its
// inventory (if one is given) does not name: what was recorded after `volumes` was read stays. Returns the mounts taken
// off; what cannot be done now comes up again with the next sweep.
std::vector<std::string> release_gone(const Context& context, Journal& journal, const std::string& node,
                                      const Inventory* inventory, const std::vector<store::Stored<Volume>>& volumes);

}  // namespace polly::swarm
