#include "swarm/policy/mount_policy.h"

#include <algorithm>

#include "base/log.h"
#include "core/model/name.h"

namespace polly::swarm {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

// Docker gives a mount 120 s; the node needs some of them for itself.
constexpr milliseconds longest_wait = seconds(105);

milliseconds left_until(steady_clock::time_point deadline) {
  return std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
}

Mount mount_of(const MountClaim& claim, const std::vector<Asker>& askers, Access access, int64_t since) {
  const auto& first = askers.front();
  bool sure = askers.size() == 1;  // of several, nobody knows whose mount this is
  return {claim.mount_id, first.service, sure ? first.task : "", sure ? first.container : "", access, since};
}

void leave_out(std::string& text, const std::string& id) {
  for (auto at = text.find(id); at != std::string::npos; at = text.find(id, at)) text.replace(at, id.size(), "..");
}

// The same sentence for every task and container that it is said of. Ids are long: what is short is a word that someone
// chose, and says something.
std::string without_ids(std::string text, const std::vector<Candidate>& candidates) {
  constexpr size_t shortest_id = 12;
  for (const auto& candidate : candidates) {
    bool task = candidate.task.size() >= shortest_id;
    if (task && candidate.name.find(candidate.task) != std::string::npos) leave_out(text, candidate.name);
    if (task) leave_out(text, candidate.task);
    if (candidate.container.size() >= shortest_id) leave_out(text, candidate.container);
  }
  return text;
}

}  // namespace

Status MountPolicy::identify(Case& mount) {
  const auto& claim = mount.claim;
  const auto& node = mount.node;
  auto* scheduler = facts_.scheduler_for_nodes();
  const Service outside{scheduler == nullptr ? "swarm" : scheduler->name(), "-", node.name};
  // While the engine starts it starts only containers of its own: tasks come from Swarm later.
  if (claim.engine_silent) {
    mount.askers = {{outside, "", ""}};
    return {};
  }
  if (claim.candidates.empty()) return fail(Code::refused, "nobody on node '{}' is starting with it", node.name);
  for (const auto& candidate : claim.candidates) {
    if (candidate.task.empty()) {
      mount.askers.push_back({outside, "", candidate.container});
      continue;
    }
    if (scheduler == nullptr)
      return fail(Code::refused, "container {} says it is a task, but no scheduler is configured that could confirm it",
                  candidate.name);
    TRY(asker, scheduler->identify(candidate, {node.name, node.swarm_node_id}, claim.volume, mount.deadline));
    mount.askers.push_back(std::move(asker));
  }
  return {};
}

Result<store::Stored<Node>> MountPolicy::check_node(const Case& mount) {
  TRY(present, sessions_.check(mount.claim.node, mount.claim.session));
  if (present.value.swarm_node_id != mount.node.swarm_node_id)
    return fail(Code::conflict, "node '{}' became another node of the swarm meanwhile", mount.node.name);
  return present;
}

Result<Decision> MountPolicy::decide(Case& mount) {
  for (bool looked_for_remains = false;;) {
    mount.ruling = {};
    TRY(node, check_node(mount));
    auto stored = context_.state.volume(mount.claim.volume);
    if (!stored && stored.error().code != Code::not_found) return fail(stored.error());
    MountFacts facts{.volume_name = mount.claim.volume, .node = node.value.name, .now = now(context_)};
    if (stored) facts.volume = &stored->value;
    for (const auto& asker : mount.askers) facts.askers.push_back(asker.service);
    facts = facts_.complete(std::move(facts), &node.value);
    mount.ruling = polly::decide(facts);
    if (mount.ruling.verdict == Ruling::Verdict::refuse) return fail(mount.ruling.code, "{}", mount.ruling.reason());
    if (mount.ruling.verdict == Ruling::Verdict::allow)
      return Decision{*stored, mount_of(mount.claim, mount.askers, mount.ruling.access, now(context_)), node};
    if (facts.former_boot) {
      release_gone(context_, journal_, node.value.name, nullptr, {*stored});
      if (!std::exchange(looked_for_remains, true)) continue;
    }
    TRY_STATUS(wait(mount, *stored));
  }
}

Status MountPolicy::wait(const Case& mount, const store::Stored<Volume>& stored) {
  auto left = left_until(mount.deadline);
  if (left <= milliseconds(0))
    return fail(Code::timeout, "volume '{}': waited for {}, in vain; `polly volume show {}` tells its holder",
                stored.value.name, mount.ruling.waits_for, stored.value.name);
  // The holder's task may also change its mind without a word here: look again now and then.
  return context_.state.await_change(stored.value.id, stored.revision, std::min<milliseconds>(left, seconds(1)));
}

// `rule`: where the rules themselves did not refuse.
Error MountPolicy::refused(const Case& mount, const char* rule, const Error& error) {
  const auto& claim = mount.claim;
  Refusal refusal;
  refusal.volume = claim.volume;
  refusal.node = claim.node;
  for (const auto& asker : mount.askers)
    refusal.service.append(refusal.service.empty() ? "" : ", ").append(asker.service.text());
  refusal.code = error.code;
  refusal.message = fmt::format("cannot mount volume '{}' on node '{}': {}", claim.volume, claim.node, error.message);
  refusal.reason = without_ids(error.message, claim.candidates);
  refusal.findings = mount.ruling.findings;
  refusal.cure = mount.ruling.cure;
  if (refusal.findings.empty() || mount.ruling.verdict == Ruling::Verdict::allow)
    refusal.findings.push_back({rule, Finding::Verdict::refuse, error.message, Json::object()});
  auto message = refusal.message;
  auto id = refusals_.note(std::move(refusal));
  log::warn("mount refused id={} volume={} node={} code={} reason={}", id, claim.volume, claim.node,
            code_name(error.code), error.message);
  if (!id.empty()) message += fmt::format(" (polly explain {})", id);
  return {error.code, std::move(message)};
}

Result<MountAnswer> MountPolicy::mount(const MountClaim& claim) {
  constexpr size_t longest_id = 256;
  TRY_STATUS(check_name("volume", claim.volume));
  if (claim.mount_id.empty() || claim.mount_id.size() > longest_id)
    return fail(Code::invalid, "cannot mount volume '{}': a mount id of 1 to {} characters was expected", claim.volume,
                longest_id);
  auto deadline = steady_clock::now() + std::clamp(milliseconds(claim.wait_ms), milliseconds(0), longest_wait);
  TRY(checked, sessions_.check(claim.node, claim.session));
  TRY(again, recorded_mount(context_, claim.volume, claim.mount_id, checked.value));
  if (again) return *std::move(again);
  Case mount{claim, checked.value, deadline};
  if (auto identified = identify(mount); !identified) return fail(refused(mount, "identity", identified.error()));
  constexpr int attempts_without_time = 20;
  for (int attempt = 1;; ++attempt) {
    auto decision = decide(mount);
    if (!decision) return fail(refused(mount, "node", decision.error()));
    auto answer = record_mount(context_, journal_, *decision);
    if (answer) return answer;
    if (answer.error().code != Code::conflict) return fail(refused(mount, "attach", answer.error()));
    TRY(given_up, context_.state.is_released(claim.mount_id));
    if (given_up)  // nobody waits for the answer any more
      return fail(Code::conflict,
                  "cannot mount volume '{}' on node '{}': the node gave this mount up before it was decided",
                  claim.volume, claim.node);
    if (attempt >= attempts_without_time && left_until(deadline) <= milliseconds(0))
      return fail(refused(mount, "attach", {Code::timeout, "it kept changing; try again"}));
  }
}

std::vector<Grant> MountPolicy::first_grants(const CreateVolume& request) {
  auto* scheduler = facts_.scheduler_for_nodes();
  if (scheduler == nullptr || request.node.empty() || scheduler->nobody_mounts(request.name)) return {};
  auto node = context_.state.node(request.node);
  if (!node || node->value.swarm_node_id.empty()) return {};
  auto services = scheduler->services_mounting(request.name, {request.node, node->value.swarm_node_id});
  if (!services) {
    log::warn("no first owner for volume={}: {}", request.name, services.error().message);
    return {};
  }
  if (services->size() != 1) return {};
  return {Grant{ServicePattern{services->front().text()}, Access::read_write, "first owner", now(context_)}};
}

Result<std::string> MountPolicy::present_id(const ServicePattern& subject) {
  auto service = subject.one_service();
  if (!service)
    return fail(Code::invalid, "cannot pin a grant to {}: it names no single service; leave the pin out", subject.text);
  auto* scheduler = facts_.find_scheduler(service->scheduler);
  if (scheduler == nullptr)
    return fail(Code::not_found, "cannot pin a grant to {}: no scheduler '{}' is configured", subject.text,
                service->scheduler);
  auto id = scheduler->service_id(service->name);
  if (!id) return fail_with(id.error(), "cannot pin a grant to {}", subject.text);
  if (id->empty())
    return fail(Code::not_found,
                "cannot pin a grant to {}: there is no such service now; create it first, or leave the pin out",
                subject.text);
  return *std::move(id);
}

}  // namespace polly::swarm
