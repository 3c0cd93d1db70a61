// What a frontend may ask of this node: mount, unmount, make, remove, and what is known of a volume. Safe for any
// number of threads; each call is bounded (parts.h, Limits) whatever coordinator, engine or platform do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plugin/node/mount_attempt.h"
#include "plugin/node/usages.h"

namespace polly::node {

class Volumes {
 public:
  Volumes(Parts& parts, Settler& settler, Releaser& releaser, Usages& usages)
      : parts_(parts), settler_(settler), releaser_(releaser), usages_(usages) {}

  // The path for the container.
  Result<std::string> mount(const std::string& name, const std::string& mount_id, const FindClaimants& find_claimants);
  // Local first: needs neither coordinator nor engine. What is not mounted is done already.
  Status unmount(const std::string& name, const std::string& mount_id);

  // From memory, or, when the name is not on record, from the coordinator.
  Result<VolumePtr> find(const std::string& name);
  Result<VolumePtr> create(const CreateVolume& request);
  Status remove(const std::string& name, const std::string& by);

  // From memory.
  std::vector<VolumePtr> all() const { return parts_.catalog.all(); }
  uint64_t generation() const { return parts_.catalog.generation(); }
  std::string mountpoint(const std::string& name) const { return parts_.lanes.mountpoint(name); }
  std::optional<drivers::Usage> usage(const std::string& name) const { return usages_.of(name); }
  const std::string& node() const { return parts_.identity.node; }

 private:
  Result<std::string> mount_once(const std::string& name, const std::string& mount_id,
                                 const FindClaimants& find_claimants, Deadline deadline,
                                 std::optional<Volume>& replaced);
  void owe_release(const Volume& volume, const std::string& reference);
  void flush(const std::string& name);

  Parts& parts_;
  Settler& settler_;
  Releaser& releaser_;
  Usages& usages_;
};

// Mount ids become names of directories.
Status check_mount_id(const std::string& mount_id);

}  // namespace polly::node
