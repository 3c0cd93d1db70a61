// A container scheduler as the policy sees it: it reports facts and decides nothing. Each kind has its folder under
// swarm/schedulers/.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "core/model/claim.h"
#include "core/rules/decision.h"

namespace polly::swarm {

// A node as the scheduler must know it.
struct NodeBinding {
  std::string name;           // Polly's
  std::string swarm_node_id;  // the scheduler's, bound when the node joined
};

// Who asks for a mount, proven.
struct Asker {
  Service service;
  std::string task;  // "" outside services
  std::string container;
};

struct Reachable {
  bool reachable = false;
  std::string detail;  // "leader node1, 3 managers" or why not
};

class Scheduler {
 public:
  using Deadline = std::chrono::steady_clock::time_point;
  virtual ~Scheduler() = default;
  virtual const std::string& name() const = 0;
  virtual std::string driver() const = 0;
  // Proves who the candidate is, or refuses, saying which fact is wrong. Waits, at most until the deadline, for facts
  // that are on their way.
  virtual Result<Asker> identify(const Candidate& candidate, const NodeBinding& node, const std::string& volume,
                                 Deadline deadline) = 0;
  virtual Wanted wanted(const std::string& task) = 0;
  // Known without asking: no service mounts the volume. False is no news.
  virtual bool nobody_mounts(const std::string& /*volume*/) const { return false; }
  // The services with a task assigned to the node that mount the volume.
  virtual Result<std::vector<Service>> services_mounting(const std::string& volume, const NodeBinding& node) = 0;
  // The id of the service that bears the name now; "" when none does.
  virtual Result<std::string> service_id(const std::string& service_name) = 0;
  // Whether the id is a member of the cluster: a node bound to one that is not may be bound anew.
  virtual Result<bool> is_member(const std::string& swarm_node_id) = 0;
  virtual Reachable reachable() = 0;
};

}  // namespace polly::swarm
