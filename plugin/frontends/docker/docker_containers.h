// The engine's containers as reconcile wants to see them.
#pragma once

#include "plugin/frontends/docker/prober.h"
#include "plugin/node/containers.h"

namespace polly::node {

class DockerContainers : public Containers {
 public:
  explicit DockerContainers(Engine& engine) : engine_(engine), prober_(engine) {}
  Result<std::vector<ContainerView>> with_volume(const std::string& name) override;

 private:
  Engine& engine_;
  Prober prober_;
};

}  // namespace polly::node
