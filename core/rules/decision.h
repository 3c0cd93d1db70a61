// The decision about a mount, pure: facts in, a ruling out. The one place that says yes, wait or no: mounts are made by
// it, and `polly explain` tells it rule by rule.
//
//     volume -> node -> identity -> grant -> access -> holder -> operation -> allow
//
// Each rule passes, or waits for what will cure itself, or refuses; the first that does not pass ends it.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/model/refusal.h"
#include "core/rules/hold.h"

namespace polly {

// What the scheduler wants of a task that holds a volume.
enum class Wanted {
  running,  // it is to go on
  leaving,  // it is to stop; its node is at it
  gone,     // the scheduler knows no such task any more
  unknown,  // the scheduler cannot be asked
};

// Of the one who is in the way of a mount.
struct HolderFacts {
  bool silent = false;        // its node's session is not live
  bool under_control = true;  // a scheduler that can be asked runs it; not so for containers outside services
  Wanted wanted = Wanted::unknown;
};

struct MountFacts {
  enum class NodeState { any, unknown, silent, live };

  std::string volume_name{};
  const Volume* volume = nullptr;  // none: no volume has that name. Outlives the decision
  std::string node{};
  NodeState node_state = NodeState::live;  // any: the scheduler has not chosen yet, and `node` is ""
  std::vector<Service> askers{};           // at least one; all that may be asking
  bool identified = true;                  // proven; false: taken at their word, which only explaining may do
  Access wanted = Access::read_write;  // changes what is said, not what is given: Docker does not tell it to plugins
  // The volume is attached to the node since before its present boot, and nothing is at work on it.
  bool former_boot = false;
  // Where the asker's own mounts are that were left out of `volume` (by leave_out_own), since they will have ended.
  std::vector<std::string> own_nodes{};
  std::optional<HolderFacts> holder{};  // of who stands in the way, by conflict_of()
  int64_t now = 0;                      // wall clock, ms
};

struct Ruling {
  enum class Verdict { allow, wait, refuse };
  Verdict verdict = Verdict::allow;
  std::vector<Finding> findings;  // the rules looked at, in their order; the last one decided
  Access access = Access::read_write;
  Code code = Code::refused;  // of a refusal
  std::string waits_for;      // "node 'node1' to let go of it"; of a wait
  std::string cure;           // what changes it, with the command where there is one; "" for what was allowed

  // The decisive sentence and its cure.
  std::string reason() const;
};

// Who is in the way of the mount: whoever gathers the facts needs to know before it can gather those of the holder.
// Nothing where an earlier rule refuses. The pointer inside lives as long as the volume.
std::optional<Conflict> conflict_of(const MountFacts& facts);

Ruling decide(const MountFacts& facts);

// Where nobody knows yet to which node a task goes: takes the service's own mounts out of the volume, as they will be
// when its next task starts, since a scheduler ends the one before. Not so those on nodes that do not answer: nobody
// can end them there; nor those of which nobody knows the task. Returns the nodes they are on.
std::vector<std::string> leave_out_own(Volume& volume, const Service& service, const std::set<std::string>& live_nodes);

std::string_view to_string(Ruling::Verdict verdict);  // "allow", "wait", "refuse"

}  // namespace polly
