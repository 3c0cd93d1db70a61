// The coordinator: builds its rooms in the order of their layers, runs, and takes them down in reverse.
#pragma once

#include "core/model/settings.h"

namespace polly::swarm {

// Returns after SIGTERM or SIGINT, or with what kept it from starting. prepare_signals() comes first.
Status run(const CoordinatorSettings& settings);

}  // namespace polly::swarm
