// Who holds a volume, and whether one more mount fits beside what is there.
#pragma once

#include <optional>
#include <string>

#include "core/model/volume.h"

namespace polly {

// What stands in the way of a mount, by the volume's access mode.
struct Conflict {
  std::string node;
  const Mount* mount = nullptr;  // none: the attachment itself is in the way, on its way in or out
  bool leaving = false;          // nobody uses it there any more; it will be gone by itself
};

// The access a mount gets under the mode: readers only where nobody may write.
Access allowed_by_mode(AccessMode mode, Access wanted);

// Nothing when the mount fits. The pointer lives as long as `volume`.
std::optional<Conflict> find_conflict(const Volume& volume, const std::string& node, Access access);

}  // namespace polly
