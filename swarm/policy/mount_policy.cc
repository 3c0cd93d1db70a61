#include "swarm/policy/mount_policy.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/log.h"
#include "core/rules/grants.h"

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

std::string names_of(const std::vector<Asker>& askers) {
  std::vector<std::string> names;
  for (const auto& asker : askers) names.push_back(asker.service.text());
  return fmt::format("{}", fmt::join(names, ", "));
}

// All that may be asking must be allowed, and the narrowest of their rights is what is given.
Result<Access> check_grants(const Volume& volume, const std::vector<Asker>& askers) {
  Access narrowest = Access::read_write;
  for (const auto& asker : askers) {
    auto access = access_of(volume, asker.service);
    if (!access)
      return fail(Code::refused,
                  "volume '{}' is not granted to {}; an operator can allow it with `polly grant {} --to {}`",
                  volume.name, asker.service.text(), volume.name, asker.service.text());
    if (*access == Access::read_only) narrowest = Access::read_only;
  }
  return allowed_by_mode(volume.access_mode, narrowest);
}

std::string holder_text(const Volume& volume, const Conflict& conflict) {
  auto user = conflict.mount == nullptr ? std::string("no container") : conflict.mount->service.text();
  return fmt::format("volume '{}' is {} and held by {} on node '{}'", volume.name, to_string(volume.access_mode), user,
                     conflict.node);
}

Mount mount_of(const MountClaim& claim, const std::vector<Asker>& askers, Access access, int64_t since) {
  const auto& first = askers.front();
  bool sure = askers.size() == 1;  // of several, nobody knows whose mount this is
  return {claim.mount_id, first.service, sure ? first.task : "", sure ? first.container : "", access, since};
}

}  // namespace

Result<std::vector<Asker>> MountPolicy::identify(const MountClaim& claim, const Node& node, Deadline deadline) {
  auto* scheduler = scheduler_for_nodes();
  auto scheduler_name = scheduler == nullptr ? std::string("swarm") : scheduler->name();
  // While the engine starts it starts only containers of its own: tasks come from Swarm later.
  if (claim.engine_silent) return std::vector<Asker>{{Service{scheduler_name, "-", node.name}, "", ""}};
  if (claim.candidates.empty()) return fail(Code::refused, "nobody on node '{}' is starting with it", node.name);
  std::vector<Asker> askers;
  for (const auto& candidate : claim.candidates) {
    if (candidate.task.empty()) {
      askers.push_back({Service{scheduler_name, "-", node.name}, "", candidate.container});
      continue;
    }
    if (scheduler == nullptr)
      return fail(Code::refused, "container {} says it is a task, but no scheduler is configured that could confirm it",
                  candidate.name);
    TRY(asker, scheduler->identify(candidate, {node.name, node.swarm_node_id}, claim.volume, deadline));
    askers.push_back(std::move(asker));
  }
  return askers;
}

Status MountPolicy::judge_conflict(const Volume& volume, const Conflict& conflict, const std::vector<Asker>& askers) {
  if (conflict.leaving || conflict.mount == nullptr) return {};
  auto refuse = [&](std::string_view why) {
    return fail(Code::refused, "{}, {}; {} can have it when that is over", holder_text(volume, conflict), why,
                names_of(askers));
  };
  if (!sessions_.live(conflict.node))
    return refuse(
        "which does not answer: until it is back, has booted anew or lets go by itself, it may still be writing");
  auto* scheduler = scheduler_for_nodes();
  if (conflict.mount->task.empty() || scheduler == nullptr) return refuse("which is not under a scheduler's control");
  switch (scheduler->wanted(conflict.mount->task)) {
    case Wanted::running:
      return refuse("whose task is wanted running");
    case Wanted::leaving:
    case Wanted::gone:
      return {};
    case Wanted::unknown:
      return refuse("and the scheduler cannot be asked about it");
  }
  return {};
}

Result<Decision> MountPolicy::decide(const MountClaim& claim, const Node& identified, const std::vector<Asker>& askers,
                                     Deadline deadline) {
  while (true) {
    TRY(present, sessions_.check(claim.node, claim.session));
    const auto& node = present.value;
    if (node.swarm_node_id != identified.swarm_node_id)
      return fail(Code::conflict, "node '{}' became another node of the swarm meanwhile", node.name);
    TRY(stored, context_.state.volume(claim.volume));
    const auto& volume = stored.value;
    if (volume.state != Volume::State::ready) return fail(Code::busy, "volume '{}' is still being made", volume.name);
    TRY(access, check_grants(volume, askers));
    const auto* here = volume.attachment_on(node.name);
    if (here != nullptr && volume.operation.empty() && !of_boot(here->session, node.boot_id)) {
      release_gone(context_, journal_, node.name, nullptr, {stored});
      TRY_STATUS(context_.state.await_change(volume.id, stored.revision, milliseconds(200)));
      if (left_until(deadline) > milliseconds(0)) continue;
    }
    auto conflict = find_conflict(volume, node.name, access);
    if (!conflict && volume.operation.empty())
      return Decision{stored, mount_of(claim, askers, access, now(context_)), present};
    std::string waits_for = "an operation that is at work on it";
    if (conflict) {
      TRY_STATUS(judge_conflict(volume, *conflict, askers));
      waits_for = fmt::format("node '{}' to let go of it", conflict->node);
    }
    auto left = left_until(deadline);
    if (left <= milliseconds(0))
      return fail(Code::timeout, "volume '{}': waited for {}, in vain; `polly volume show {}` tells its holder",
                  volume.name, waits_for, volume.name);
    // The holder's task may also change its mind without a word here: look again now and then.
    TRY_STATUS(context_.state.await_change(volume.id, stored.revision, std::min<milliseconds>(left, seconds(1))));
  }
}

Result<MountAnswer> MountPolicy::mount(const MountClaim& claim) {
  auto deadline = steady_clock::now() + std::clamp(milliseconds(claim.wait_ms), milliseconds(0), longest_wait);
  TRY(checked, sessions_.check(claim.node, claim.session));
  const auto& node = checked.value;
  TRY(again, recorded_mount(context_, claim.volume, claim.mount_id, node));
  if (again) return *std::move(again);
  auto refused = [&](const Error& error) {
    log::warn("mount refused volume={} node={} code={} reason={}", claim.volume, claim.node, code_name(error.code),
              error.message);
    return fail_with(error, "cannot mount volume '{}' on node '{}'", claim.volume, claim.node);
  };
  auto askers = identify(claim, node, deadline);
  if (!askers) return refused(askers.error());
  constexpr int attempts_without_time = 20;
  for (int attempt = 1;; ++attempt) {
    auto decision = decide(claim, node, *askers, deadline);
    if (!decision) return refused(decision.error());
    auto answer = record_mount(context_, journal_, *decision);
    if (answer) return answer;
    if (answer.error().code != Code::conflict) return refused(answer.error());
    TRY(given_up, context_.state.is_released(claim.mount_id));
    if (given_up) return refused({Code::conflict, "the node gave this mount up before it was decided"});
    if (attempt >= attempts_without_time && left_until(deadline) <= milliseconds(0))
      return refused({Code::timeout, "it kept changing; try again"});
  }
}

std::vector<Grant> MountPolicy::first_grants(const CreateVolume& request) {
  auto* scheduler = scheduler_for_nodes();
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

}  // namespace polly::swarm
