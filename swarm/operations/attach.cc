// attach: intent {attachment attaching with the next epoch and its first mount, operation}
//         -> the driver makes it, where that was put off till now, {made}
//         -> the driver attaches -> done {attached, no operation}.
// detach: intent {attachment detaching, operation} -> the driver detaches -> done {no attachment, no operation}.
//
// A driver that will not attach turns the operation into a detach: whatever it did half way is taken back before
// anybody else may have the volume.
#include "base/log.h"
#include "swarm/operations/amend.h"
#include "swarm/operations/create.h"
#include "swarm/operations/journal.h"

namespace polly::swarm {
namespace {

Status drop_attachment(const Context& context, const Operation& operation) {
  auto done = amend(context, operation.volume_id, [&](Volume& volume, store::Edit& edit) -> Status {
    std::erase_if(volume.attachments, [&](const Attachment& a) { return a.node == operation.node; });
    volume.operation.clear();
    edit.drop_operation(operation.id)
        .put(make_event(context, "volume.detached", "volume " + volume.name, operation.by,
                        "from node " + operation.node));
    return {};
  });
  if (!done) return fail(done.error());
  return {};
}

}  // namespace

Status finish_attach(const Context& context, const Operation& operation) {
  TRY(open, context.state.find_operation(operation.id));
  if (!open) return {};
  TRY(stored, context.state.volume_by_id(operation.volume_id));
  TRY(pool, context.pools.find(stored.value.pool));
  auto made = make_at_first_use(context, *pool, stored.value);
  auto attached = made.and_then([&](const Volume& volume) {
    return pool->controller->attach({volume.platform_id, operation.node, volume.epoch, Access::read_write});
  });
  if (!attached) {
    auto detach = operation;
    detach.kind = Operation::Kind::detach;
    auto turned = amend(context, operation.volume_id, [&](Volume& volume, store::Edit& edit) -> Status {
      if (auto* attachment = volume.attachment_on(operation.node)) attachment->state = Attachment::State::detaching;
      edit.put(detach);
      return {};
    });
    if (turned)
      if (auto undone = finish_detach(context, detach); !undone)
        log::warn("volume={} is not yet taken back from node={}: {}", operation.volume_name, operation.node,
                  undone.error().message);
    return fail_with(attached.error(), "cannot attach volume '{}' to node '{}'", operation.volume_name, operation.node);
  }
  auto done = amend(context, operation.volume_id, [&](Volume& volume, store::Edit& edit) -> Status {
    if (auto* attachment = volume.attachment_on(operation.node)) attachment->state = Attachment::State::attached;
    volume.operation.clear();
    edit.drop_operation(operation.id);
    return {};
  });
  if (!done) return fail(done.error());
  return {};
}

Status finish_detach(const Context& context, const Operation& operation) {
  TRY(open, context.state.find_operation(operation.id));
  if (!open) return {};
  TRY(stored, context.state.volume_by_id(operation.volume_id));
  TRY(pool, context.pools.find(stored.value.pool));
  // What was never made was never attached.
  bool is_made = !stored.value.platform_id.empty();
  auto detached = is_made ? pool->controller->detach(stored.value.platform_id, operation.node) : Status();
  if (!detached)
    return fail_with(detached.error(), "cannot detach volume '{}' from node '{}'", operation.volume_name,
                     operation.node);
  return drop_attachment(context, operation);
}

}  // namespace polly::swarm
