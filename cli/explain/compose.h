// The volumes that a compose file mounts, as `docker stack deploy` would name them.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace polly::cli {

struct StackMount {
  std::string service;  // "shop_db" in the stack "shop"
  std::string volume;   // as the engine will ask for it; templates such as {{.Task.Slot}} as they stand
  std::string target;
  bool read_only = false;
  std::string driver;        // "" where the file names none
  std::string volume_class;  // of the driver's options
  bool external = false;     // nothing makes it: it is to be there
  int line = 0;
};

// Mounts of volumes by name, in the order of services and lines; binds, tmpfs and volumes without a name are left out.
// `stack` goes before the names of services, and of volumes that have no name of their own; "" for nothing. Keys that
// have nothing to do with volumes are not looked at. Errors name the line.
Result<std::vector<StackMount>> mounts_in_compose(const std::string& text, const std::string& stack);

}  // namespace polly::cli
