// Nodes, operations and events as records.
#include "core/codec/names.h"
#include "core/codec/reader.h"
#include "core/codec/records.h"

namespace polly {

Json to_json(const Node& node) {
  return Json::object()
      .set("name", node.name)
      .set("boot_id", node.boot_id)
      .set("session", node.session)
      .set("swarm_node_id", node.swarm_node_id)
      .set("engine_version", node.engine_version)
      .set("plugin_version", node.plugin_version)
      .set("address", node.address)
      .set("joined", node.joined)
      .set("session_opened", node.session_opened);
}

Result<Node> node_from_json(const Json& json) {
  Reader reader(json, "node");
  reader.ignore_rest();
  Node node;
  node.name = reader.string("name");
  node.boot_id = reader.optional_string("boot_id");
  node.session = reader.optional_string("session");
  node.swarm_node_id = reader.optional_string("swarm_node_id");
  node.engine_version = reader.optional_string("engine_version");
  node.plugin_version = reader.optional_string("plugin_version");
  node.address = reader.optional_string("address");
  node.joined = reader.optional_integer("joined", 0);
  node.session_opened = reader.optional_integer("session_opened", 0);
  TRY_STATUS(reader.finish());
  return node;
}

std::string_view to_string(Operation::Kind kind) {
  return operation_kinds.name(kind);
}

Json to_json(const Operation& operation) {
  return Json::object()
      .set("id", operation.id)
      .set("kind", to_string(operation.kind))
      .set("volume_id", operation.volume_id)
      .set("volume_name", operation.volume_name)
      .set("node", operation.node)
      .set("by", operation.by)
      .set("begun", operation.begun);
}

Result<Operation> operation_from_json(const Json& json) {
  Reader reader(json, "operation");
  reader.ignore_rest();
  Operation operation;
  operation.id = reader.string("id");
  operation.kind = operation_kinds.read(reader, "kind");
  operation.volume_id = reader.string("volume_id");
  operation.volume_name = reader.string("volume_name");
  operation.node = reader.optional_string("node");
  operation.by = reader.optional_string("by");
  operation.begun = reader.optional_integer("begun", 0);
  TRY_STATUS(reader.finish());
  return operation;
}

Json to_json(const Event& event) {
  Json json = Json::object();
  json.set("id", event.id)
      .set("at", event.at)
      .set("kind", event.kind)
      .set("subject", event.subject)
      .set("by", event.by)
      .set("text", event.text);
  if (event.count != 1) json.set("count", event.count).set("last", event.last);
  if (!event.refusal.empty()) json.set("refusal", event.refusal);
  return json;
}

Result<Event> event_from_json(const Json& json) {
  Reader reader(json, "event");
  reader.ignore_rest();
  Event event;
  event.id = reader.string("id");
  event.at = reader.integer("at");
  event.kind = reader.string("kind");
  event.subject = reader.optional_string("subject");
  event.by = reader.optional_string("by");
  event.text = reader.optional_string("text");
  event.count = reader.optional_integer("count", 1);
  event.last = reader.optional_integer("last", 0);
  event.refusal = reader.optional_string("refusal");
  TRY_STATUS(reader.finish());
  return event;
}

Json to_json(const Capabilities& capabilities) {
  Json modes = Json::array();
  for (auto mode : capabilities.access_modes) modes.push(to_string(mode));
  Json filesystems = Json::array();
  for (const auto& filesystem : capabilities.filesystems) filesystems.push(filesystem);
  return Json::object()
      .set("control", to_string(capabilities.control))
      .set("reach", to_string(capabilities.reach))
      .set("fence", to_string(capabilities.fence))
      .set("access_modes", modes)
      .set("filesystems", filesystems)
      .set("sizes", capabilities.sizes)
      .set("made_at_first_use", capabilities.made_at_first_use);
}

}  // namespace polly
