// Mounts: who asks, what the rules say, and what follows. Waits where waiting can cure, refuses at once what it cannot.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/codec/refusals.h"
#include "core/model/claim.h"
#include "swarm/operations/mounts.h"
#include "swarm/operations/refusals.h"
#include "swarm/policy/facts.h"

namespace polly::swarm {

struct Explanation {
  Ruling ruling;
  bool exists = false;  // the volume
  // Its own, or that of one that would be made of the class in question.
  DefaultAccess default_access = DefaultAccess::closed;
};

class MountPolicy {
 public:
  MountPolicy(const Context& context, Journal& journal, Sessions& sessions, const Schedulers& schedulers)
      : context_(context), journal_(journal), sessions_(sessions), facts_(sessions, schedulers) {}

  // Decides and records. Every mount is decided, also on a volume that its node holds already.
  Result<MountAnswer> mount(const MountClaim& claim);
  // The same decision, without doing it.
  Result<Explanation> explain(const Question& question);
  Refusals& refusals() { return refusals_; }
  // The grant of a volume's first owner: the one service whose task on that node mounts the name. None or several:
  // none.
  std::vector<Grant> first_grants(const CreateVolume& request);
  // The id of the service that a grant names, as of now: what it is pinned to.
  Result<std::string> present_id(const ServicePattern& subject);

 private:
  using Deadline = Scheduler::Deadline;
  // A mount on its way to a decision.
  struct Case {
    const MountClaim& claim;
    Node node;  // as it was when the askers were identified
    Deadline deadline;
    std::vector<Asker> askers{};
    Ruling ruling{};  // the latest; without findings where it did not come to the rules
  };
  Status identify(Case& mount);
  std::set<std::string> live_holders(const Volume& volume) const;
  // As of now: the node's session and binding are looked at again after each wait.
  Result<Decision> decide(Case& mount);
  // Until something about the volume may have changed.
  Status wait(const Case& mount, const store::Stored<Volume>& stored);
  Result<store::Stored<Node>> check_node(const Case& mount);
  // The error as the engine is to show it, on record under an id.
  Error refused(const Case& mount, const char* rule, const Error& error);

  Result<MountFacts::NodeState> state_of(const std::string& node, std::optional<Node>& found);
  Result<Service> with_id(Service service, const Volume& volume);

  const Context& context_;
  Journal& journal_;
  Sessions& sessions_;
  const Facts facts_;
  Refusals refusals_{context_};
};

}  // namespace polly::swarm
