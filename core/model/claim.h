// What a node asks of the coordinator when a container wants a volume, and what it is told.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "core/model/volume.h"

namespace polly {

// A container that may be the one that is mounting: the engine is at work on it right now. Labels are look-up keys and
// prove nothing.
struct Candidate {
  enum class Phase { copy_up, start };  // while the container is made; while it is started
  std::string container;                // id
  std::string name;                     // without the leading slash
  std::string task;                     // label com.docker.swarm.task.id; "" when it has none
  Phase phase = Phase::start;
  friend bool operator==(const Candidate&, const Candidate&) = default;
};

struct MountClaim {
  std::string volume;    // name
  std::string mount_id;  // new for each attempt at a mount; a repeat of the same claim bears the same
  std::string node;
  std::string session;
  // Empty with engine_silent: the engine is starting and cannot be asked; then only containers outside services count.
  std::vector<Candidate> candidates;
  bool engine_silent = false;
  int64_t wait_ms = 0;  // how long the node can wait for the answer
};

struct MountAnswer {
  Volume volume;  // with the attachment on this node
  std::string driver;
  Epoch epoch;
  Access access = Access::read_write;
  Service service;  // whom the mount is recorded for
  Json context;     // for the driver's node half
};

struct Release {
  std::string volume_id;
  std::string mount_id;
  std::string node;
  std::string session;
};

struct FormatStep {
  enum class Step { begin, done };
  std::string volume_id;
  std::string node;
  std::string session;
  Epoch epoch;
  std::string uuid;
  Step step = Step::begin;
};

struct CreateVolume {
  std::string name;
  uint64_t size = 0;  // 0: the class's or the pool's default
  std::string volume_class;
  std::string pool;
  std::string filesystem;
  std::string access_mode;  // "" for the class's
  std::string permissions;
  int64_t uid = 0;
  int64_t gid = 0;
  std::string node;  // which node asks; "" for a person
  std::string by;
};

// What a node holds, by its own journal, at the start of its plugin.
struct Inventory {
  struct Held {
    std::string volume_id;
    Epoch epoch;
    std::vector<std::string> mounts;
    // It is mounted here and the node cannot tell for whom: none of its mounts is given up for not being named.
    bool unexplained = false;
  };
  std::string node;
  std::string session;
  int64_t taken = 0;  // when, in ms since the node's boot: what comes late is told from what is newer
  std::vector<Held> held;
};

// What the node should do about it.
struct InventoryAnswer {
  // Mounts of the node's that the coordinator does not know: kept mounted, and reported.
  std::vector<std::string> unknown_mounts;
  // Mounts the coordinator had on record for this node that the node does not have: they were released by this call.
  std::vector<std::string> released_mounts;
};

}  // namespace polly
