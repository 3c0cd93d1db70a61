#include "cli/nodes.h"

#include "base/clock.h"
#include "cli/print.h"
#include "cli/remote.h"
#include "core/codec/records.h"
#include "core/model/size.h"

namespace polly::cli {
namespace {

Cell state_cell(const Json& node) {
  if (node["certificate"]["revoked"].as_int() != 0) return {"revoked", Colour::red};
  if (node["live"].as_bool()) return {"live", Colour::green};
  auto silent = node["since_heartbeat_ms"].as_int(-1);
  return {silent < 0 ? "silent" : "silent for " + format_duration(Millis(silent)), Colour::red};
}

std::string certificate_text(const Json& certificate) {
  if (certificate.is_null()) return "none: it is reached by the coordinator's socket";
  if (auto revoked = certificate["revoked"].as_int(); revoked != 0) return "revoked " + when_text(revoked);
  return fmt::format("{}, good until {}", certificate["serial"].as_string(),
                     time_text(certificate["expires"].as_int()));
}

Sheet describe(const Json& node) {
  Sheet sheet;
  sheet.add("node", {node["name"].as_string(), Colour::bold});
  sheet.add("state", state_cell(node));
  sheet.add("address", node["address"].as_string());
  sheet.add("swarm node id", or_dash(node["swarm_node_id"].as_string()));
  sheet.add("engine", or_dash(node["engine_version"].as_string()));
  sheet.add("plugin", or_dash(node["plugin_version"].as_string()));
  sheet.add("boot id", node["boot_id"].as_string());
  sheet.add("session", node["session"].as_string());
  sheet.add("session opened", when_text(node["session_opened"].as_int()));
  sheet.add("certificate", certificate_text(node["certificate"]));
  sheet.add("joined", when_text(node["joined"].as_int()));
  sheet.add("volumes", or_dash(joined(node["attachments"])));
  return sheet;
}

}  // namespace

Status list_nodes(const Context& context) {
  TRY(answer, ask(context, "/v1/nodes"));
  TRY(nodes, list_in(answer, "nodes"));
  if (context.json) {
    print_json(context, answer);
    return {};
  }
  Table table({"NAME", "STATE", "ADDRESS", "ENGINE", "PLUGIN", "SWARM NODE", "VOLUMES"});
  for (const auto& node : nodes)
    table.add({node["name"].as_string(), state_cell(node), or_dash(node["address"].as_string()),
               or_dash(node["engine_version"].as_string()), or_dash(node["plugin_version"].as_string()),
               or_dash(node["swarm_node_id"].as_string()), std::to_string(node["attachments"].as_array().size())});
  table.print(context);
  return {};
}

Status show_node(const Context& context, const std::string& name) {
  TRY(node, ask(context, "/v1/nodes/" + http::encode_segment(name)));
  if (context.json) {
    print_json(context, node);
    return {};
  }
  auto sheet = describe(node);
  TRY(answer, ask(context, "/v1/mounts"));
  for (const auto& entry : answer["mounts"].as_array()) {
    auto mount = mount_from_json(entry);
    if (!mount || entry["node"].as_string() != name) continue;
    sheet.add("mount", fmt::format("{} by {} {}, epoch {}", entry["volume"].as_string(), mount->service.text(),
                                   to_string(mount->access), entry["epoch"]["number"].as_uint()));
  }
  sheet.print(context);
  return {};
}

}  // namespace polly::cli
