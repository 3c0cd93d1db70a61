#include "swarm/operations/amend.h"

namespace polly::swarm {

Result<Volume> amend(const Context& context, const std::string& volume_id, const Change& change) {
  TRY(stored, context.state.volume_by_id(volume_id));
  return amend(context, std::move(stored), change);
}

Result<Volume> amend(const Context& context, store::Stored<Volume> stored, const Change& change) {
  constexpr int attempts = 50;
  for (int attempt = 1;; ++attempt) {
    store::Edit edit;
    edit.unchanged(stored);
    Volume volume = stored.value;
    TRY_STATUS(change(volume, edit));
    if (volume != stored.value) edit.put(volume);
    if (edit.transaction().writes.empty()) return volume;
    auto done = context.state.commit(edit);
    if (done) return volume;
    if (done.error().code != Code::conflict) return fail(done.error());
    if (attempt == attempts)
      return fail(Code::busy, "cannot change volume '{}': others keep changing it; try again", volume.name);
    TRY(again, context.state.volume_by_id(volume.id));
    stored = std::move(again);
  }
}

}  // namespace polly::swarm
