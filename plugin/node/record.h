// What this node remembers of one volume that it mounts: enough to finish or undo after a crash at any instant.
//
// One mount, as the journal has it:
//
//     (none) --checkpoint--> mounting --published--> mounted
//                               |                       |
//            refused, failed,   |                       |  Unmount, or its container is dead
//            or a crash         v                       v
//                            unmounting --unpublished; the last one: device gone--> a release --told--> (none)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "core/model/claim.h"
#include "core/model/volume.h"

namespace polly::node {

struct MountRecord {
  enum class State { mounting, mounted, unmounting };
  std::string id;  // Docker's: an engine gives it again to a container that it starts anew
  // What the coordinator knows this mount by: random for each attempt, so that what comes late about an earlier one
  // under the same id never touches this one.
  std::string reference;
  State state = State::mounting;
  std::string path;  // where it is published
  Access access = Access::read_write;
  std::string service;    // for whom it was recorded; "" until decided
  std::string container;  // "" when it could not be told
  std::optional<Candidate::Phase> phase;
  int64_t at = 0;     // when it was asked for: ms since boot
  int64_t count = 1;  // how often it is mounted: docker cp mounts a running container's again, under the same id

  // Not on file. Granted: the coordinator said yes, the device is kept for it. Abandoned: nobody waits for it any more.
  bool granted = false;
  bool abandoned = false;
};

struct VolumeRecord {
  std::string id;
  std::string name;
  std::string driver;  // "" until one was told
  std::string boot;    // the mounts are of this boot, and gone with it
  Epoch epoch;
  std::string directory;  // staged, or being staged, below it; "" when not
  std::vector<MountRecord> mounts;
  std::vector<std::string> releases;  // references that the coordinator is still to be told of, oldest first

  MountRecord* find(const std::string& mount_id);
  void erase(const std::string& mount_id);
  bool owes(const std::string& reference) const;  // a release
  // A mount for which the device must stay.
  bool has_live() const;
  bool idle() const { return mounts.empty() && releases.empty() && directory.empty(); }
};

std::string_view to_string(MountRecord::State state);
Json to_json(const VolumeRecord& record);
Result<VolumeRecord> volume_record_from_json(const Json& json);

}  // namespace polly::node
