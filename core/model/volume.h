// The volume: the aggregate that one record holds and one commit changes. Grants, holder, epoch, formatted state and
// the operation at work on it stand inside, so that a compare of its revision decides every race about it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/model/access.h"
#include "core/model/service.h"

namespace polly {

// Grows at every change of holder. A store restored from a backup gets a new incarnation, so no epoch is given twice.
struct Epoch {
  uint64_t incarnation = 0;
  uint64_t number = 0;
  friend auto operator<=>(const Epoch&, const Epoch&) = default;
};

// What Polly knows of the filesystem on a block volume. Only never and formatting may lead to mkfs, and only where the
// volume's origin is `made`.
//
//     never --begin(uuid)--> formatting(uuid) --done(uuid)--> formatted(uuid)
struct Format {
  enum class State { never, formatting, formatted };
  State state = State::never;
  std::string uuid;
  friend bool operator==(const Format&, const Format&) = default;
};

enum class Origin { made, copied, adopted };

// One container's reference to an attachment.
struct Mount {
  std::string id;  // the node's: random for each attempt at a mount, never used twice
  Service service;
  std::string task;       // the scheduler's id of it; "" outside services
  std::string container;  // "" when it could not be told
  Access access = Access::read_write;
  int64_t since = 0;  // wall clock, ms
  friend bool operator==(const Mount&, const Mount&) = default;
};

// The volume made reachable from a node.
//
//     (none) --mount--> attaching --driver attached--> attached --last release--> detaching --driver detached--> (none)
//
// attaching and detaching each have an operation on record: a coordinator that starts finishes them.
struct Attachment {
  enum class State { attaching, attached, detaching };
  State state = State::attaching;
  std::string node;
  std::string session;
  Epoch epoch;
  std::vector<Mount> mounts;
  friend bool operator==(const Attachment&, const Attachment&) = default;
};

struct Volume {
  //     (none) --create--> creating --driver made it--> ready --remove--> (trash) --restore--> ready
  //                                                                          `--purge--> purging --> (none)
  enum class State { creating, ready, trashed, purging };

  std::string id;    // 32 hex digits, never used twice; the platform knows the volume by it
  std::string name;  // unique among volumes that are not in the trash
  std::string pool;
  std::string volume_class;  // the name of its class; "" for none
  uint64_t size = 0;         // bytes; 0 where the driver has no sizes
  std::string filesystem;    // "ext4", "xfs"; "" where the driver needs none
  AccessMode access_mode = AccessMode::one_node;
  DefaultAccess default_access = DefaultAccess::closed;
  Origin origin = Origin::made;
  std::string permissions;  // of its top directory when it is made: "0750"; "" for 0755
  int64_t uid = 0;
  int64_t gid = 0;

  State state = State::creating;
  std::string platform_id;  // what the driver calls it; "" until it is made
  std::string serial;       // what the device must show; "" where it shows none
  Format format;
  Epoch epoch;  // the last one given
  std::vector<Grant> grants;
  std::vector<Attachment> attachments;
  std::string operation;  // the id of the one at work on it; "" for none

  int64_t created = 0;  // wall clock, ms
  std::string created_by;
  int64_t trashed = 0;  // wall clock, ms; in the trash only, like the next two
  std::string trashed_by;
  int64_t purge_after = 0;

  const Attachment* attachment_on(const std::string& node) const;
  Attachment* attachment_on(const std::string& node);
  friend bool operator==(const Volume&, const Volume&) = default;
};

}  // namespace polly
