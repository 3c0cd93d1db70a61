// Making a volume.
#pragma once

#include "core/model/claim.h"
#include "swarm/operations/journal.h"

namespace polly::swarm {

struct Made {
  Volume volume;
  bool existed = false;  // it was there already, just so
};

// `first_grants` are given with the volume, in the same commit. Waits while another create of the same name is at work.
Result<Made> create_volume(const Context& context, Journal& journal, const CreateVolume& request,
                           const std::vector<Grant>& first_grants);

// The volume, once its driver has made it, where that was put off until the first attach. Asked again after a crash it
// makes no second one.
Result<Volume> make_at_first_use(const Context& context, const Pool& pool, const Volume& volume);

}  // namespace polly::swarm
