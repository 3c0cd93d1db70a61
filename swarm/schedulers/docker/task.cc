#include "swarm/schedulers/docker/task.h"

namespace polly::swarm::docker {

Task Task::from_json(const Json& json) {
  Task task;
  task.id = json["ID"].as_string();
  task.service_id = json["ServiceID"].as_string();
  task.node_id = json["NodeID"].as_string();
  task.state = json["Status"]["State"].as_string();
  task.desired_state = json["DesiredState"].as_string();
  task.container = json["Status"]["ContainerStatus"]["ContainerID"].as_string();
  task.slot = json["Slot"].as_int();
  task.mounts = json["Spec"]["ContainerSpec"]["Mounts"];
  return task;
}

std::string Task::name(const std::string& service_name) const {
  return slot != 0 ? fmt::format("{}.{}.{}", service_name, slot, id)
                   : fmt::format("{}.{}.{}", service_name, node_id, id);
}

Status check_starting(const Task& task, const NodeBinding& node) {
  if (node.swarm_node_id.empty())
    return fail(Code::refused,
                "node '{}' is not bound to a Swarm node yet; its plugin does that when the engine answers", node.name);
  if (task.node_id != node.swarm_node_id)
    return fail(Code::refused, "task {} is not assigned to node '{}'", task.id, node.name);
  if (task.desired_state != "running" && task.desired_state != "ready")
    return fail(Code::refused, "task {} is wanted {}", task.id, task.desired_state);
  for (const auto* state : {"assigned", "accepted", "preparing", "ready", "starting"})
    if (task.state == state) return {};
  return fail(Code::refused, "task {} is {}, so it starts no container", task.id, task.state);
}

TemplateFacts template_facts(const Task& task, const Json& service, const Json& node) {
  TemplateFacts facts;
  facts.service_id = task.service_id;
  facts.service_name = service["Spec"]["Name"].as_string();
  for (const auto& [key, value] : service["Spec"]["Labels"].as_object()) facts.service_labels[key] = value.as_string();
  facts.node_id = task.node_id;
  facts.node_hostname = node["Description"]["Hostname"].as_string();
  facts.node_os = node["Description"]["Platform"]["OS"].as_string();
  facts.node_architecture = node["Description"]["Platform"]["Architecture"].as_string();
  facts.task_id = task.id;
  facts.task_name = task.name(facts.service_name);
  // As the engine does: a task of a global service has its node in the place of a slot.
  facts.task_slot = task.slot != 0 ? std::to_string(task.slot) : task.node_id;
  return facts;
}

Result<bool> mounts_volume(const Task& task, const std::string& volume, const TemplateFacts& facts) {
  Status skipped;
  for (const auto& mount : task.mounts.as_array()) {
    if (mount["Type"].as_string() != "volume") continue;
    auto source = expand(mount["Source"].as_string(), facts);
    if (source && *source == volume) return true;
    if (!source && skipped) skipped = fail(source.error());
  }
  TRY_STATUS(std::move(skipped));
  return false;
}

}  // namespace polly::swarm::docker
