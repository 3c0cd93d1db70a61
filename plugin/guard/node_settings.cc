#include "plugin/guard/node_settings.h"

#include <cstdlib>

#include "base/credentials.h"
#include "base/files.h"
#include "base/log.h"
#include "base/system.h"
#include "base/yaml.h"
#include "core/codec/settings.h"

namespace polly::guard {
namespace {

constexpr int coordinator_port = 7979;

std::string variable(const Environment& environment, const char* name) {
  const char* value = environment(name);
  return value ? value : "";
}

void override_text(const Environment& environment, const char* name, std::string& setting) {
  if (auto value = variable(environment, name); !value.empty()) setting = std::move(value);
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::string part;
  for (char c : text + ",") {
    if (c == ',') {
      if (!part.empty()) parts.push_back(std::exchange(part, ""));
    } else if (c != ' ') {
      part += c;
    }
  }
  return parts;
}

Result<NodeSettings> from_file(const std::string& file) {
  TRY(text, files::read(file));
  TRY(document, yaml::parse(text));
  TRY(settings, settings_from_json(document.value, document.lines));
  return settings.node.value_or(NodeSettings{});
}

std::string name_of(const NodeSettings& settings) {
  auto held = tls::read_held(settings.tls());
  return held ? held->certificate.common_name : host_name();
}

void apply(const Environment& environment, NodeSettings& settings) {
  if (auto list = variable(environment, "POLLY_COORDINATORS"); !list.empty()) settings.coordinators = split(list);
  override_text(environment, "POLLY_NODE", settings.name);
  override_text(environment, "POLLY_ENGINE", settings.engine);
  override_text(environment, "POLLY_PLUGIN_SOCKET", settings.plugin_socket);
  override_text(environment, "POLLY_STATE", settings.state);
  override_text(environment, "POLLY_MOUNTS", settings.mounts);
  override_text(environment, "POLLY_LOG_LEVEL", settings.log_level);
  if (auto run = variable(environment, "POLLY_RUN"); !run.empty()) {
    settings.run = run;
    settings.guard_socket = run + "/guard.sock";
  }
  if (settings.name.empty()) settings.name = name_of(settings);
}

Result<std::optional<JoinToken>> token_of(const Environment& environment) {
  auto text = variable(environment, "POLLY_JOIN_TOKEN");
  if (text.empty()) return std::nullopt;
  TRY(token, JoinToken::parse(text));
  return std::move(token);
}

}  // namespace

Result<NodeConfig> load_node_config(const std::string& file, const Environment& environment) {
  NodeConfig config;
  if (files::exists(file)) {
    auto settings = from_file(file);
    if (!settings) return fail_with(settings.error(), "cannot read '{}'", file);
    config.settings = *std::move(settings);
  } else if (variable(environment, "POLLY_COORDINATORS").empty()) {
    return fail(Code::not_found,
                "cannot start: there is no file '{}' and POLLY_COORDINATORS is not set; write the one or set the other",
                file);
  }
  apply(environment, config.settings);
  config.points = variable(environment, "POLLY_MOUNTS_TMPFS");
  for (const auto& text : config.settings.coordinators) {
    TRY(endpoint, http::Endpoint::parse(text, coordinator_port, http::Https::always));
    config.coordinators.push_back(std::move(endpoint));
  }
  if (config.coordinators.empty()) return fail(Code::invalid, "cannot start: no coordinator is named");
  TRY(engine, http::Endpoint::parse(config.settings.engine, 2375));
  config.engine = std::move(engine);
  TRY(token, token_of(environment));
  config.token = std::move(token);
  config.tls = tls::source_of(std::make_shared<tls::Credentials>(
      tls::Credentials::Options{config.settings.tls(), coordinator_host,
                                "this node has not joined: `polly node token` on the coordinator's machine, then "
                                "`polly node join` here"}));
  return config;
}

Result<NodeConfig> load_node_config(const std::string& file) {
  TRY(config, load_node_config(file, [](const char* name) { return std::getenv(name); }));
  TRY_STATUS(log::set_level(config.settings.log_level));
  return std::move(config);
}

}  // namespace polly::guard
