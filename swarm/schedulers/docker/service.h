// A Swarm service as a manager shows it, as far as it has to do with volumes. Source: Engine API v1.41, Service object.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"

namespace polly::swarm::docker {

struct SwarmService {
  std::string id;
  // Of the volumes that its tasks mount, templates unexpanded. Those of its previous spec too: while an update is on
  // its way, a task of that one may still be starting.
  std::vector<std::string> sources;

  // `unavailable` when it is no service: what cannot be read must not pass for one without mounts.
  static Result<SwarmService> from_json(const Json& json);
  bool could_mount(const std::string& volume) const;
};

// Whether a mount's source is the volume, or a template that could become its name: what stands before the first
// expression and after the last one is all that speaks against it.
bool could_become(std::string_view source, std::string_view volume);

}  // namespace polly::swarm::docker
