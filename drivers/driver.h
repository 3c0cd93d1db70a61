// What a storage platform must do to serve Polly: a driver, in two halves that meet only in a publish context.
//
//   Controller  where the pool's control runs: makes and removes volumes, makes them reachable from a node.
//   NodeHalf    on the node: finds the device, makes the filesystem if it never had one, mounts (stage, once a node),
//   and
//               shows it to a container (publish, once a mount).
//
// Duties of every method of both halves (drivers/conformance in tests runs them against each driver):
//   - Idempotent: what is done already is success. After a crash anywhere inside, the same call again finishes the
//   work.
//   - Safe for any number of threads; calls for different volumes do not wait for each other. Never two calls at once
//   for
//     one volume: the caller sees to that.
//   - Bounded: answers within a minute, also when the platform hangs.
//   - Errors: invalid, unsupported, refused, corrupt are permanent; unavailable, timeout, busy may be tried again;
//     exhausted means no space, and nothing was left behind; unknown_outcome means it may have happened.
//   - Touches nothing that does not carry its own cluster's tag, or that it did not make.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "core/model/pool.h"
#include "core/model/volume.h"

namespace polly::drivers {

struct CreateRequest {
  std::string id;          // the volume's; also the token that makes a repeat harmless
  std::string name;        // for people who look at the platform
  uint64_t size = 0;       // bytes; 0 asks for the driver's default
  std::string filesystem;  // one of the capabilities' filesystems, or "" for the first choice
  // No volume of the pool is on record: only then may the driver lay out the pool. Where there are volumes, a pool that
  // looks untouched is one whose storage is away.
  bool first = false;
};

struct Created {
  std::string platform_id;
  uint64_t size = 0;       // what was made, at least what was asked
  std::string filesystem;  // what the node will put on it; "" for none
  std::string serial;      // what the node must find on the device; "" for none
};

struct AttachRequest {
  std::string platform_id;
  std::string node;
  Epoch epoch;
  Access access = Access::read_write;
};

// A volume as the platform shows it.
struct Found {
  std::string platform_id;
  std::string volume_id;  // "" when it is not one of this cluster's
  std::string name;
  uint64_t size = 0;
};

// All that the node half needs to reach the volume. Secrets in it stay in memory.
using PublishContext = Json;

class Controller {
 public:
  virtual ~Controller() = default;
  virtual const Capabilities& capabilities() const = 0;
  // What is wrong with a request before anything is written down, e.g. a size below the filesystem's minimum. May
  // prepare the pool, and comes before every create, if not right before it.
  virtual Status check(const CreateRequest& request) const = 0;
  virtual Result<Created> create(const CreateRequest& request) = 0;
  virtual Status remove(const std::string& platform_id) = 0;  // data gone for good; not there is success
  virtual Result<PublishContext> attach(const AttachRequest& request) = 0;
  virtual Status detach(const std::string& platform_id, const std::string& node) = 0;
  virtual Result<std::vector<Found>> list() = 0;
  virtual Result<Capacity> capacity() = 0;
};

// Asks the coordinator before a filesystem is made, and tells it after. Nothing is made unless begin() succeeded;
// nothing is mounted before done() succeeded.
class FormatGate {
 public:
  virtual ~FormatGate() = default;
  virtual Status begin(const std::string& uuid) = 0;
  virtual Status done(const std::string& uuid) = 0;
};

struct StageRequest {
  std::string volume_id;
  std::string directory;  // exists, is the volume's own, and survives the process; the driver mounts below it
  PublishContext context;
  std::string filesystem;
  uint64_t size = 0;
  std::string serial;
  Origin origin = Origin::made;
  Format format;
  std::string permissions;  // of the volume's top directory, applied once, when it is made
  int64_t uid = 0;
  int64_t gid = 0;
};

struct Staged {
  std::string path;    // what publish shows to containers
  std::string device;  // "/dev/loop3"; "" for none
};

struct Usage {
  uint64_t total = 0;
  uint64_t used = 0;
};

class NodeHalf {
 public:
  virtual ~NodeHalf() = default;
  virtual Result<Staged> stage(const StageRequest& request, FormatGate& gate) = 0;
  // Success means: nothing on this machine can write to the volume any more (no mount in any namespace, no device).
  // `busy` when something still holds it; nothing else was changed then.
  virtual Status unstage(const std::string& volume_id, const std::string& directory) = 0;
  // Shows staged.path at `target` (made if missing).
  virtual Status publish(const Staged& staged, const std::string& target, Access access) = 0;
  virtual Status unpublish(const std::string& target) = 0;
  // What is true on this machine for that directory, by the mount table, not by memory. Empty path: not staged.
  virtual Result<Staged> find(const std::string& volume_id, const std::string& directory) = 0;
  virtual Result<Usage> usage(const Staged& staged) = 0;
};

struct ControllerOptions {
  std::string cluster;  // the tag that our volumes carry
  std::string pool;
  Json settings;  // the pool's own keys in the configuration, driver and limits taken out
};

// The registries: one line for each platform. Unknown name or settings: `invalid`, naming what is known.
Result<std::unique_ptr<Controller>> make_controller(const std::string& driver, const ControllerOptions& options);
Result<std::unique_ptr<NodeHalf>> make_node_half(const std::string& driver);
std::vector<std::string> controller_drivers();

}  // namespace polly::drivers
