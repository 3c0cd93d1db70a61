// A Swarm task as a manager shows it, and what must be true of it before its container is believed.
// Source: Engine API v1.41, Task and Service objects.
#pragma once

#include <string>

#include "base/json.h"
#include "core/model/claim.h"
#include "swarm/policy/scheduler.h"
#include "swarm/schedulers/docker/templates.h"

namespace polly::swarm::docker {

struct Task {
  std::string id;
  std::string service_id;
  std::string node_id;
  std::string state;          // "preparing"
  std::string desired_state;  // "running"
  std::string container;      // "" until the worker has told
  int64_t slot = 0;           // 0 in global services
  Json mounts;                // of its spec, sources unexpanded

  static Task from_json(const Json& json);
  // The name of the task and of its container.
  std::string name(const std::string& service_name) const;
};

// Whether the task is about to start a container on that node: assigned to it, wanted running, and not yet running.
// What is wrong, in one sentence, otherwise.
Status check_starting(const Task& task, const NodeBinding& node);

TemplateFacts template_facts(const Task& task, const Json& service, const Json& node);
// Whether the task mounts the volume, its templates expanded. `unsupported` when one of them cannot be.
Result<bool> mounts_volume(const Task& task, const std::string& volume, const TemplateFacts& facts);

}  // namespace polly::swarm::docker
