// A pool: one place where volumes can be made, with the driver that makes them. What it can do is declared by the
// driver.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "core/model/access.h"

namespace polly {

enum class Control { coordinator, node };
enum class Reach { node, zone, cluster };
// Who keeps a silent node from writing: the platform, the node itself, or nobody.
enum class Fence { storage, self, none };

struct Capabilities {
  Control control = Control::coordinator;
  Reach reach = Reach::cluster;
  Fence fence = Fence::none;
  std::set<AccessMode> access_modes;
  std::set<std::string> filesystems;  // empty: it has none of its own to choose (a directory)
  bool sizes = true;                  // a volume has a size, and it is enforced
  // Costs the platform nothing until it is used: it is made when it is attached for the first time, under the volume's
  // own id. Until then it is on record only.
  bool made_at_first_use = false;
};

struct Capacity {
  uint64_t total = 0;
  uint64_t free = 0;  // as the platform says; what is reserved is the coordinator's matter
};

std::string_view to_string(Control control);
std::string_view to_string(Reach reach);
std::string_view to_string(Fence fence);

}  // namespace polly
