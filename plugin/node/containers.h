// What a container engine shows of the containers that use a volume: all that the node wants to know of an engine.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace polly::node {

struct ContainerView {
  enum class State {
    alive,    // running, paused or between restarts; what it has mounted it uses
    stopped,  // and at rest: nothing is being mounted or unmounted for it
    busy,     // the engine is at work on it: no judgement
  };
  std::string id;
  State state = State::busy;
  int mount_points = 0;  // of this volume
};

class Containers {
 public:
  virtual ~Containers() = default;
  // All containers with this volume, running or not. Errors: the engine cannot be asked; nothing may be concluded.
  virtual Result<std::vector<ContainerView>> with_volume(const std::string& name) = 0;
};

}  // namespace polly::node
