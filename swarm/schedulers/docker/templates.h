// Swarm expands templates in a mount's source on the worker, so a manager shows them raw: "pg-{{.Task.Slot}}". To know
// which volume a task really mounts, the coordinator expands them too: the fields below, and nothing else.
#pragma once

#include <map>
#include <string>

#include "base/result.h"

namespace polly::swarm::docker {

struct TemplateFacts {
  std::string service_id, service_name;
  std::map<std::string, std::string> service_labels;
  std::string node_id, node_hostname, node_os, node_architecture;
  std::string task_id, task_name, task_slot;
};

// `unsupported` names the first expression that is none of: .Service.ID .Service.Name .Node.ID .Node.Hostname
// .Node.Platform.OS .Node.Platform.Architecture .Task.ID .Task.Name .Task.Slot, index .Service.Labels "KEY".
Result<std::string> expand(const std::string& text, const TemplateFacts& facts);

}  // namespace polly::swarm::docker
