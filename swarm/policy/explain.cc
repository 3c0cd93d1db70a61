// The decision about a mount that nobody has asked for: the same facts, the same rules, and nothing done.
#include "swarm/policy/mount_policy.h"

namespace polly::swarm {
namespace {

bool is_pinned_for(const Volume& volume, const Service& service) {
  for (const auto& grant : volume.grants)
    if (!grant.pin.empty() && grant.to.matches(service)) return true;
  return false;
}

// Of a volume that is not there: nothing could be made of it.
Explanation no_class(const std::string& name) {
  Explanation explanation;
  explanation.ruling.verdict = Ruling::Verdict::refuse;
  explanation.ruling.code = Code::not_found;
  explanation.ruling.cure = "name one that the coordinator has";
  explanation.ruling.findings.push_back(
      {"class", Finding::Verdict::refuse, fmt::format("no class '{}' is configured", name), Json::object()});
  return explanation;
}

}  // namespace

Result<MountFacts::NodeState> MountPolicy::state_of(const std::string& node, std::optional<Node>& found) {
  if (node.empty()) return MountFacts::NodeState::any;
  TRY(stored, context_.state.find_node(node));
  if (!stored) return MountFacts::NodeState::unknown;
  found = stored->value;
  return sessions_.live(node) ? MountFacts::NodeState::live : MountFacts::NodeState::silent;
}

// Its id counts only where a grant is pinned: a scheduler that is away is no trouble for the others.
Result<Service> MountPolicy::with_id(Service service, const Volume& volume) {
  auto* scheduler = facts_.find_scheduler(service.scheduler);
  if (scheduler == nullptr || !is_pinned_for(volume, service)) return service;
  auto id = scheduler->service_id(service.name);
  if (!id) return fail_with(id.error(), "cannot tell which service is called {} now", service.text());
  service.id = *std::move(id);
  return service;
}

std::set<std::string> MountPolicy::live_holders(const Volume& volume) const {
  std::set<std::string> nodes;
  for (const auto& attachment : volume.attachments)
    if (sessions_.live(attachment.node)) nodes.insert(attachment.node);
  return nodes;
}

Result<Explanation> MountPolicy::explain(const Question& question) {
  Explanation explanation;
  auto stored = context_.state.volume(question.volume);
  if (!stored && stored.error().code != Code::not_found) return fail(stored.error());
  MountFacts facts{.volume_name = question.volume, .node = question.node, .now = now(context_)};
  facts.identified = false;
  facts.wanted = question.wanted;
  facts.askers = {question.service};
  std::optional<Node> node;
  TRY(node_state, state_of(question.node, node));
  facts.node_state = node_state;
  if (stored) {
    explanation.exists = true;
    explanation.default_access = stored->value.default_access;
    TRY(service, with_id(question.service, stored->value));
    facts.askers = {service};
    if (question.node.empty()) facts.own_nodes = leave_out_own(stored->value, service, live_holders(stored->value));
    facts.volume = &stored->value;
  } else {
    const auto* made_of = find_class(context_, question.volume_class);
    if (made_of == nullptr && !question.volume_class.empty()) return no_class(question.volume_class);
    explanation.default_access = context_.settings.default_access;
    if (made_of != nullptr && made_of->access) explanation.default_access = *made_of->access;
  }
  explanation.ruling = polly::decide(facts_.complete(std::move(facts), node ? &*node : nullptr));
  return explanation;
}

}  // namespace polly::swarm
