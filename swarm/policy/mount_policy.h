// The decision about a mount: who asks, may it, who holds it. Waits where waiting can cure, refuses at once what it
// cannot.
#pragma once

#include <memory>
#include <vector>

#include "core/model/claim.h"
#include "core/rules/hold.h"
#include "swarm/operations/mounts.h"
#include "swarm/policy/scheduler.h"
#include "swarm/sessions/sessions.h"

namespace polly::swarm {

using Schedulers = std::vector<std::unique_ptr<Scheduler>>;

class MountPolicy {
 public:
  MountPolicy(const Context& context, Journal& journal, Sessions& sessions, const Schedulers& schedulers)
      : context_(context), journal_(journal), sessions_(sessions), schedulers_(schedulers) {}

  // Decides and records. Every mount is decided, also on a volume that its node holds already.
  Result<MountAnswer> mount(const MountClaim& claim);
  // The grant of a volume's first owner: the one service whose task on that node mounts the name. None or several:
  // none.
  std::vector<Grant> first_grants(const CreateVolume& request);

 private:
  using Deadline = Scheduler::Deadline;
  Result<std::vector<Asker>> identify(const MountClaim& claim, const Node& node, Deadline deadline);
  // As of now: the node's session and binding are looked at again after each wait.
  Result<Decision> decide(const MountClaim& claim, const Node& node, const std::vector<Asker>& askers,
                          Deadline deadline);
  // Success: waiting may cure it. An error: it will not.
  Status judge_conflict(const Volume& volume, const Conflict& conflict, const std::vector<Asker>& askers);
  Scheduler* scheduler_for_nodes() const { return schedulers_.empty() ? nullptr : schedulers_.front().get(); }

  const Context& context_;
  Journal& journal_;
  Sessions& sessions_;
  const Schedulers& schedulers_;
};

}  // namespace polly::swarm
