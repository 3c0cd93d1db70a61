// How full the volumes mounted on this node are, as last looked at. A look may hang with its platform: it is taken
// behind, in a thread of its own, and only while nobody else is at work on the volume.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "plugin/node/parts.h"

namespace polly::node {

class Usages {
 public:
  explicit Usages(Parts& parts) : parts_(parts) {}

  std::optional<drivers::Usage> of(const std::string& name) const;  // none when it is not mounted here
  void look();  // begins a look at all; called by one thread now and then

 private:
  void look_at(const LanePtr& lane);
  void note(const std::string& name, std::optional<drivers::Usage> usage);

  Parts& parts_;
  mutable Mutex mutex_;
  std::map<std::string, drivers::Usage> known_ POLLY_GUARDED_BY(mutex_);
};

}  // namespace polly::node
