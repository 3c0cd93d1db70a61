#include "swarm/operations/take_off.h"

#include "base/log.h"

namespace polly::swarm {

void detach_if_unused(Journal& journal, Volume& volume, Attachment& attachment, store::Edit& edit,
                      const std::string& by, std::optional<Operation>& operation) {
  if (!attachment.mounts.empty() || attachment.state != Attachment::State::attached) return;
  attachment.state = Attachment::State::detaching;
  if (!operation) operation = journal.begin(Operation::Kind::detach, volume, attachment.node, by);
  volume.operation = operation->id;
  edit.put(*operation);
}

Status await_idle(const Context& context, const std::string& volume_id) {
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(8);
  while (true) {
    TRY(stored, context.state.volume_by_id(volume_id));
    if (stored.value.operation.empty()) return {};
    auto left = std::chrono::duration_cast<Millis>(deadline - std::chrono::steady_clock::now());
    if (left <= Millis(0))
      return fail(Code::busy, "another operation is at work on volume '{}'; try again", stored.value.name);
    TRY_STATUS(context.state.await_change(volume_id, stored.revision, left));
  }
}

Status run_detach(Journal& journal, const std::optional<Operation>& operation, const Status& committed) {
  if (!committed) {
    if (operation) journal.forget(*operation);
    return committed;
  }
  if (!operation) return {};
  // The mount is off the record; a platform that lets go only later is not the caller's trouble.
  if (auto detached = journal.run(*operation); !detached)
    log::warn("detach volume={} node={} goes on in the background: {}", operation->volume_name, operation->node,
              detached.error().message);
  return {};
}

}  // namespace polly::swarm
