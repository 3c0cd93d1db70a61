// What guard and plugin say about their node, as JSON and back.
#include "core/codec/claims.h"
#include "core/codec/reader.h"

namespace polly {

Json to_json(const OpenSession& request) {
  return Json::object()
      .set("node", request.node)
      .set("boot_id", request.boot_id)
      .set("resume", request.resume)
      .set("version", request.version);
}

Result<OpenSession> open_session_from_json(const Json& json) {
  Reader reader(json, "session");
  reader.ignore_rest();
  OpenSession request{reader.string("node"), reader.string("boot_id"), reader.optional_string("resume"),
                      reader.optional_string("version")};
  TRY_STATUS(reader.finish());
  return request;
}

Json to_json(const SessionGrant& grant) {
  return Json::object()
      .set("session", grant.session)
      .set("ttl_ms", grant.ttl_ms)
      .set("heartbeat_ms", grant.heartbeat_ms);
}

Result<SessionGrant> session_grant_from_json(const Json& json) {
  Reader reader(json, "session grant");
  reader.ignore_rest();
  SessionGrant grant{reader.string("session"), reader.integer("ttl_ms"), reader.integer("heartbeat_ms")};
  TRY_STATUS(reader.finish());
  return grant;
}

Json to_json(const EngineFacts& facts) {
  return Json::object()
      .set("swarm_node_id", facts.swarm_node_id)
      .set("engine_version", facts.engine_version)
      .set("plugin_version", facts.plugin_version);
}

Result<EngineFacts> engine_facts_from_json(const Json& json) {
  Reader reader(json, "engine facts");
  reader.ignore_rest();
  EngineFacts facts{reader.optional_string("swarm_node_id"), reader.optional_string("engine_version"),
                    reader.optional_string("plugin_version")};
  TRY_STATUS(reader.finish());
  return facts;
}

}  // namespace polly
