#include "swarm/schedulers/registry.h"

#include "swarm/schedulers/docker/docker_scheduler.h"

namespace polly::swarm {

Result<Schedulers> make_schedulers(const std::vector<SchedulerSettings>& settings) {
  Schedulers schedulers;
  for (const auto& one : settings) {
    if (one.driver != "docker")
      return fail(Code::invalid, "cannot use scheduler '{}': there is no driver '{}'; known is docker", one.name,
                  one.driver);
    TRY(made, docker::DockerScheduler::make(one));
    schedulers.push_back(std::move(made));
  }
  return schedulers;
}

}  // namespace polly::swarm
