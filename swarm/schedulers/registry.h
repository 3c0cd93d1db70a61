// The kinds of schedulers: one line for each.
#pragma once

#include "core/model/settings.h"
#include "swarm/policy/mount_policy.h"

namespace polly::swarm {

Result<Schedulers> make_schedulers(const std::vector<SchedulerSettings>& settings);

}  // namespace polly::swarm
