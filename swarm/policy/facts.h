// Gathers what the decision about a mount depends on: records, sessions, and what the scheduler says of a holder.
// Decides nothing.
#pragma once

#include <memory>
#include <vector>

#include "core/rules/decision.h"
#include "swarm/policy/scheduler.h"
#include "swarm/sessions/sessions.h"

namespace polly::swarm {

using Schedulers = std::vector<std::unique_ptr<Scheduler>>;

class Facts {
 public:
  Facts(Sessions& sessions, const Schedulers& schedulers) : sessions_(sessions), schedulers_(schedulers) {}

  // Completes what the caller has put in: volume, node and askers. Asks the scheduler only about who is in the way.
  MountFacts complete(MountFacts facts, const Node* node) const;
  // Of the schedulers, the one whose nodes these are; null when none is configured.
  Scheduler* scheduler_for_nodes() const { return schedulers_.empty() ? nullptr : schedulers_.front().get(); }
  Scheduler* find_scheduler(const std::string& name) const;

 private:
  HolderFacts of_holder(const Conflict& conflict) const;

  Sessions& sessions_;
  const Schedulers& schedulers_;
};

}  // namespace polly::swarm
