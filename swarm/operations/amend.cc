#include "swarm/operations/amend.h"

namespace polly::swarm {

Result<Volume> amend(const Context& context, const std::string& volume_id,
                     const std::function<Status(Volume&, store::Edit&)>& change) {
  constexpr int attempts = 50;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    TRY(stored, context.state.volume_by_id(volume_id));
    store::Edit edit;
    edit.unchanged(stored);
    Volume volume = stored.value;
    TRY_STATUS(change(volume, edit));
    if (volume != stored.value) edit.put(volume);
    if (edit.transaction().writes.empty()) return volume;
    auto done = context.state.commit(edit);
    if (done) return volume;
    if (done.error().code != Code::conflict) return fail(done.error());
  }
  return fail(Code::busy, "cannot change volume with id '{}': others keep changing it; try again", volume_id);
}

}  // namespace polly::swarm
