// Volumes as Docker shows them: `docker volume ls` and `docker volume inspect`.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/mutex.h"
#include "plugin/node/volumes.h"

namespace polly::node {

// The answer to Get. `mountpoint` is "" when it is not mounted on this node.
std::string describe(const Volume& volume, const std::string& mountpoint, const std::optional<drivers::Usage>& usage);

// The answer to List, rendered once for each content of the catalog. It leaves Mountpoint out: Docker takes it from
// Get.
class VolumeList {
 public:
  std::shared_ptr<const std::string> render(const Volumes& volumes);

 private:
  Mutex mutex_;
  uint64_t generation_ POLLY_GUARDED_BY(mutex_) = 0;
  std::shared_ptr<const std::string> text_ POLLY_GUARDED_BY(mutex_);
};

}  // namespace polly::node
