#include "swarm/policy/facts.h"

namespace polly::swarm {
namespace {

bool has_former_boot(const MountFacts& facts, const Node& node) {
  const auto* here = facts.volume == nullptr ? nullptr : facts.volume->attachment_on(node.name);
  return here != nullptr && facts.volume->operation.empty() && !of_boot(here->session, node.boot_id);
}

}  // namespace

MountFacts Facts::complete(MountFacts facts, const Node* node) const {
  if (node != nullptr) facts.former_boot = has_former_boot(facts, *node);
  if (auto conflict = conflict_of(facts)) facts.holder = of_holder(*conflict);
  return facts;
}

Scheduler* Facts::find_scheduler(const std::string& name) const {
  for (const auto& scheduler : schedulers_)
    if (scheduler->name() == name) return scheduler.get();
  return nullptr;
}

HolderFacts Facts::of_holder(const Conflict& conflict) const {
  HolderFacts holder;
  if (conflict.leaving || conflict.mount == nullptr) return holder;
  holder.silent = !sessions_.live(conflict.node);
  auto* scheduler = scheduler_for_nodes();
  holder.under_control = !conflict.mount->task.empty() && scheduler != nullptr;
  if (!holder.silent && holder.under_control) holder.wanted = scheduler->wanted(conflict.mount->task);
  return holder;
}

}  // namespace polly::swarm
