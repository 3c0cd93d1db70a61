#include "cli/join.h"

#include <algorithm>

#include "base/system.h"
#include "cli/config_file.h"
#include "cli/print.h"
#include "cli/remote.h"
#include "core/codec/identity.h"
#include "core/model/size.h"
#include "swarm/client/join.h"

namespace polly::cli {
namespace {

std::string whom(const Json& token) {
  const auto& node = token["node"].as_string();
  if (!node.empty()) return "node '" + node + "'";
  const auto uses = token["uses"].as_uint();
  return uses == 1 ? "one node" : fmt::format("{} nodes", uses);
}

// The name that guard and plugin take too: the configuration's, the certificate's, the host's.
Result<std::string> name_for(const NodeSettings& settings, const std::string& wanted) {
  if (settings.name.empty()) {
    if (!wanted.empty()) return wanted;
    auto held = tls::read_held(settings.tls());
    return held ? held->certificate.common_name : host_name();
  }
  if (wanted.empty() || wanted == settings.name) return settings.name;
  return fail(Code::invalid, "cannot join as node '{}': the configuration names this node '{}'; change node.name there",
              wanted, settings.name);
}

// What is left to do before guard and plugin find their way.
void advise(const Context& context, const NodeSettings& settings, const JoinOptions& options, const std::string& name) {
  const auto& known = settings.coordinators;
  if (std::find(known.begin(), known.end(), options.address) == known.end())
    context.notes << fmt::format("write \"{}\" into node.coordinators of {}\n", options.address, context.config_file);
  if (settings.name.empty() && name != host_name())
    context.notes << "if they run already, restart polly-guard and polly-node: they go by the host's name still\n";
}

}  // namespace

Status make_token(const Context& context, const TokenOptions& options) {
  auto ttl = parse_duration(options.ttl);
  if (!ttl) return fail_with(ttl.error(), "cannot make a join token");
  TRY(answer, change(context, "POST", "/v1/tokens", to_json(TokenWishes{options.node, options.uses, ttl->count()})));
  if (context.json) {
    print_json(context, answer);
    return {};
  }
  say(context, answer["token"].as_string());
  context.out.flush();  // before the note, where both go to one place
  context.notes << fmt::format("lets {} join until {}: polly node join ADDRESS --token TOKEN\n", whom(answer),
                               time_text(answer["expires"].as_int()));
  return {};
}

Status list_tokens(const Context& context) {
  TRY(answer, ask(context, "/v1/tokens"));
  TRY(tokens, list_in(answer, "tokens"));
  if (context.json) {
    print_json(context, answer);
    return {};
  }
  Table table({"ID", "FOR", "JOINED", "EXPIRES", "MADE BY"});
  for (const auto& token : tokens)
    table.add({token["id"].as_string(), whom(token), std::to_string(token["used"].as_uint()),
               time_text(token["expires"].as_int()), or_dash(token["by"].as_string())});
  table.print(context);
  return {};
}

Status revoke_token(const Context& context, const std::string& id) {
  TRY(answer, change(context, "DELETE", "/v1/tokens/" + http::encode_segment(id)));
  if (context.json) {
    print_json(context, answer);
  } else {
    say(context, fmt::format("nobody joins by token {} any more", id));
  }
  return {};
}

Status join(const Context& context, const JoinOptions& options) {
  TRY(configured, read_config_if_any(context));
  const auto settings = configured.node.value_or(NodeSettings{});
  TRY(endpoint, http::Endpoint::parse(options.address, coordinator_port, http::Https::always));
  TRY(token, JoinToken::parse(options.token));
  TRY(name, name_for(settings, options.name));
  TRY(joined, client::join({{endpoint}, token, name, settings.tls()}));
  const auto until = joined.certificate.not_after.count();
  if (context.json) {
    print_json(context, Json::object()
                            .set("node", name)
                            .set("already", joined.already)
                            .set("directory", settings.tls())
                            .set("expires", until));
    return {};
  }
  say(context, fmt::format("node '{}' {}; its certificate is in {}, good until {}", name,
                           joined.already ? "has joined already" : "has joined", settings.tls(), time_text(until)));
  advise(context, settings, options, name);
  return {};
}

Status revoke_node(const Context& context, const std::string& name) {
  TRY(answer, change(context, "POST", "/v1/nodes/" + http::encode_segment(name) + "/revoke"));
  if (context.json) {
    print_json(context, answer);
    return {};
  }
  say(context, fmt::format("the certificate of node '{}' counts no more, and its session has ended", name));
  context.notes << "containers there go on, and what they have mounted stays its own; with a fresh token it can join "
                   "again\n";
  return {};
}

}  // namespace polly::cli
