#include "swarm/operations/mounts.h"

#include <algorithm>

#include "base/log.h"
#include "core/codec/records.h"
#include "swarm/operations/amend.h"
#include "swarm/operations/take_off.h"
#include "swarm/sessions/sessions.h"

namespace polly::swarm {
namespace {

auto find_mount(Attachment& attachment, const std::string& id) {
  return std::find_if(attachment.mounts.begin(), attachment.mounts.end(), [&](const Mount& m) { return m.id == id; });
}

// The driver is asked again for its publish context: secrets in it are never stored.
Result<MountAnswer> answer(const Context& context, const Volume& volume, const std::string& node, const Mount& mount) {
  const auto* attachment = volume.attachment_on(node);
  if (attachment == nullptr || attachment->state != Attachment::State::attached)
    return fail(Code::conflict, "volume '{}' left node '{}' meanwhile", volume.name, node);
  TRY(pool, context.pools.find(volume.pool));
  TRY(publish, pool->controller->attach({volume.platform_id, node, attachment->epoch, Access::read_write}));
  return MountAnswer{volume, pool->settings.driver, attachment->epoch, mount.access, mount.service, std::move(publish)};
}

// A new holder gets the next epoch and an operation; a node that holds the volume already just one more mount.
Attachment& hold(const Context& context, Volume& volume, const Node& node) {
  if (auto* attachment = volume.attachment_on(node.name)) {
    attachment->session = node.session;
    return *attachment;
  }
  volume.epoch = volume.epoch.incarnation == context.incarnation ? Epoch{context.incarnation, volume.epoch.number + 1}
                                                                 : Epoch{context.incarnation, 1};
  volume.attachments.push_back({Attachment::State::attaching, node.name, node.session, volume.epoch, {}});
  return volume.attachments.back();
}

}  // namespace

Result<std::optional<MountAnswer>> recorded_mount(const Context& context, const std::string& volume_name,
                                                  const std::string& mount_id, const Node& node) {
  auto stored = context.state.volume(volume_name);
  if (!stored) return std::nullopt;
  auto* attachment = stored->value.attachment_on(node.name);
  if (attachment == nullptr || attachment->state != Attachment::State::attached) return std::nullopt;
  if (!of_boot(attachment->session, node.boot_id)) return std::nullopt;
  auto mount = find_mount(*attachment, mount_id);
  if (mount == attachment->mounts.end()) return std::nullopt;
  TRY(again, answer(context, stored->value, node.name, *mount));
  return std::optional<MountAnswer>(std::move(again));
}

Result<MountAnswer> record_mount(const Context& context, Journal& journal, const Decision& decision) {
  Volume volume = decision.volume.value;
  const auto& node = decision.node.value;
  // A repeat after a lost answer, which waited while what the first call had begun was being finished.
  if (auto* present = volume.attachment_on(node.name))
    if (auto mount = find_mount(*present, decision.mount.id); mount != present->mounts.end())
      return answer(context, volume, node.name, *mount);
  auto& attachment = hold(context, volume, node);
  attachment.mounts.push_back(decision.mount);
  store::Edit edit;
  edit.unchanged(decision.volume).unchanged(decision.node).not_released(decision.mount.id);
  std::optional<Operation> operation;
  if (attachment.state == Attachment::State::attaching) {
    operation = journal.begin(Operation::Kind::attach, volume, node.name, decision.mount.service.text());
    volume.operation = operation->id;
    edit.put(*operation)
        .put(make_event(context, "volume.attached", "volume " + volume.name, decision.mount.service.text(),
                        fmt::format("to node {}, epoch {}", node.name, volume.epoch.number)));
  }
  edit.put(volume);
  if (auto begun = context.state.commit(edit); !begun) {
    if (operation) journal.forget(*operation);
    return fail(begun.error());
  }
  if (operation) TRY_STATUS(journal.run(*operation));
  TRY(stored, context.state.volume_by_id(volume.id));
  return answer(context, stored.value, node.name, decision.mount);
}

Status release_mount(const Context& context, Journal& journal, const Release& release) {
  std::optional<Operation> operation;
  auto idle = await_idle(context, release.volume_id);
  if (!idle && idle.error().code == Code::not_found) return {};  // destroyed: nothing is held any more
  TRY_STATUS(std::move(idle));
  auto committed = amend(context, release.volume_id, [&](Volume& volume, store::Edit& edit) -> Status {
    auto* attachment = volume.attachment_on(release.node);
    if (attachment != nullptr) {
      auto mount = find_mount(*attachment, release.mount_id);
      if (mount != attachment->mounts.end()) attachment->mounts.erase(mount);
      if (!volume.operation.empty() && attachment->mounts.empty())
        return fail(Code::busy, "another operation is at work on volume '{}'; try again", volume.name);
      detach_if_unused(journal, volume, *attachment, edit, release.node, operation);
    }
    edit.put_released(release.mount_id, now(context));
    return {};
  });
  return run_detach(journal, operation, committed ? Status() : Status(fail(committed.error())));
}

namespace {

const Inventory::Held* find_held(const Inventory& inventory, const std::string& volume_id) {
  auto held = std::ranges::find(inventory.held, volume_id, &Inventory::Held::volume_id);
  return held == inventory.held.end() ? nullptr : &*held;
}

// The mounts of the attachment that the node's inventory does not name.
std::vector<std::string> denied_by(const Inventory::Held* held, const Attachment& attachment) {
  std::vector<std::string> denied;
  for (const auto& mount : attachment.mounts)
    if (held == nullptr || std::ranges::count(held->mounts, mount.id) == 0) denied.push_back(mount.id);
  return denied;
}

// The node's mounts of one volume that are gone: those denied, or all when it has booted since.
struct Gone {
  const std::string& node;
  const std::vector<std::string>& denied;
  std::vector<std::string> mounts{};

  // The node is read after the volume, and compared: facts of a former boot would take what the present one mounted.
  Status take_off(const Context& context, const Inventory* inventory, Volume& volume, store::Edit& edit) {
    mounts.clear();
    auto* attachment = volume.attachment_on(node);
    if (attachment == nullptr || !volume.operation.empty()) return fail(Code::busy, "it changed meanwhile");
    TRY(now, context.state.node(node));
    if (inventory != nullptr && now.value.session != inventory->session)
      return fail(Code::conflict, "node '{}' has another session by now", node);
    edit.unchanged(now);
    bool rebooted = !of_boot(attachment->session, now.value.boot_id);
    std::erase_if(attachment->mounts, [&](const Mount& mount) {
      bool drop = rebooted || std::ranges::count(denied, mount.id) != 0;
      if (drop) mounts.push_back(mount.id);
      return drop;
    });
    if (mounts.empty() && !attachment->mounts.empty()) return fail(Code::busy, "nothing of it is gone");
    return {};
  }
};

}  // namespace

std::vector<std::string> release_gone(const Context& context, Journal& journal, const std::string& node,
                                      const Inventory* inventory, const std::vector<store::Stored<Volume>>& volumes) {
  std::vector<std::string> released;
  auto known = context.state.node(node);
  if (!known) return released;
  for (const auto& stored : volumes) {
    const auto* present = stored.value.attachment_on(node);
    if (present == nullptr || !stored.value.operation.empty()) continue;
    const auto* held = inventory == nullptr ? nullptr : find_held(*inventory, stored.value.id);
    bool told = inventory != nullptr && (held == nullptr || !held->unexplained);
    auto denied = told ? denied_by(held, *present) : std::vector<std::string>();
    bool unused = told && present->mounts.empty();
    if (of_boot(present->session, known->value.boot_id) && denied.empty() && !unused) continue;
    std::optional<Operation> operation;
    Gone gone{node, denied};
    auto committed = amend(context, stored.value.id, [&](Volume& volume, store::Edit& edit) -> Status {
      TRY_STATUS(gone.take_off(context, inventory, volume, edit));
      detach_if_unused(journal, volume, *volume.attachment_on(node), edit, node, operation);
      return {};
    });
    auto outcome = run_detach(journal, operation, committed ? Status() : Status(fail(committed.error())));
    if (outcome) released.insert(released.end(), gone.mounts.begin(), gone.mounts.end());
  }
  return released;
}

}  // namespace polly::swarm
