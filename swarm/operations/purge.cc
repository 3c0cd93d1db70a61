// purge: intent {volume purging, its operation} -> the driver removes it -> done {no record, its bytes given back}.
#include "swarm/operations/journal.h"
#include "swarm/operations/promise.h"

namespace polly::swarm {

Status finish_purge(const Context& context, const Operation& operation) {
  TRY(open, context.state.find_operation(operation.id));
  if (!open) return {};
  TRY(stored, context.state.volume_by_id(operation.volume_id));
  TRY(pool, context.pools.find(stored.value.pool));
  // One that is not on record as made may still have been begun, under its own id.
  const auto& volume = stored.value;
  if (auto removed = pool->controller->remove(volume.platform_id.empty() ? volume.id : volume.platform_id); !removed)
    return fail_with(removed.error(), "cannot destroy volume '{}'", volume.name);
  for (int attempt = 0; attempt < 100; ++attempt) {
    TRY(current, context.state.volume_by_id(operation.volume_id));
    store::Edit edit;
    edit.unchanged(current).drop_volume(current.value.id).drop_operation(operation.id);
    TRY_STATUS(give_back(context, current.value, edit));
    auto done = context.state.commit(edit);
    if (done) return {};
    if (done.error().code != Code::conflict) return fail(done.error());
  }
  return fail(Code::busy, "volume '{}' is destroyed but still on record; it is taken off in the background",
              stored.value.name);
}

}  // namespace polly::swarm
