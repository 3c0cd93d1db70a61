#include "cli/remote.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

#include "base/files.h"
#include "base/system.h"
#include "cli/config_file.h"
#include "core/codec/records.h"

namespace polly::cli {
namespace {

// A volume is made, or destroyed, while the caller waits.
constexpr std::chrono::milliseconds change_timeout{60'000};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// The environment goes before the file, as everywhere.
Result<std::string> secret_for(const std::vector<http::Endpoint>& endpoints, const Settings& settings) {
  bool needed = false;
  for (const auto& endpoint : endpoints) needed = needed || !endpoint.is_unix();
  if (!needed) return std::string();
  auto path = variable("POLLY_JOIN_SECRET_FILE");
  if (path.empty()) {
    path = settings.node          ? settings.node->join_secret_file
           : settings.coordinator ? settings.coordinator->join_secret_file
                                  : NodeSettings{}.join_secret_file;
  }
  auto secret = files::read_secret(path);
  if (!secret)
    return fail(secret.error().code,
                "cannot call the coordinator: {}; a network address needs the join secret: run this as root on a node, "
                "or name a file that holds it in POLLY_JOIN_SECRET_FILE",
                secret.error().message);
  return secret;
}

Result<std::vector<http::Endpoint>> endpoints_for(const Context& context, const Settings& settings) {
  std::vector<std::string> addresses;
  auto socket = settings.coordinator ? settings.coordinator->socket : CoordinatorSettings{}.socket;
  if (!context.coordinator.empty()) {
    addresses = {context.coordinator};
  } else if (files::exists(socket) || (settings.coordinator && !settings.node)) {
    addresses = {"unix://" + socket};
  } else if (settings.node) {
    addresses = settings.node->coordinators;
  } else {
    return fail(
        Code::not_found,
        "cannot find the coordinator: there is no '{}' and no socket '{}'; name it with --coordinator HOST:{} or "
        "POLLY_COORDINATOR",
        context.config_file, socket, coordinator_port);
  }
  std::vector<http::Endpoint> endpoints;
  for (const auto& address : addresses) {
    TRY(endpoint, http::Endpoint::parse(address, coordinator_port));
    endpoints.push_back(std::move(endpoint));
  }
  return endpoints;
}

Result<Json> call(const Context& context, client::ApiCall call) {
  TRY(options, find_coordinator(context));
  return client::Api(std::move(options)).call(call);
}

}  // namespace

Result<client::CoordinatorOptions> find_coordinator(const Context& context) {
  Settings settings;
  auto from_file = read_config_if_any(context);
  // With an address given, the file is only looked at for the secret's path.
  if (!from_file && context.coordinator.empty()) return fail(std::move(from_file).error());
  if (from_file) settings = *std::move(from_file);
  TRY(endpoints, endpoints_for(context, settings));
  TRY(secret, secret_for(endpoints, settings));
  return client::CoordinatorOptions{std::move(endpoints), std::move(secret)};
}

// sudo tells who is behind it; the coordinator writes this down and believes it no more than it must.
std::string asker() {
  auto user = variable("SUDO_USER");
  const passwd* entry = user.empty() ? ::getpwuid(::geteuid()) : nullptr;
  if (entry != nullptr) user = entry->pw_name;
  if (user.empty()) user = fmt::format("uid {}", ::geteuid());
  return user + "@" + host_name();
}

Result<Json> ask(const Context& context, const std::string& path, std::chrono::milliseconds timeout) {
  return call(context, {.path = path, .timeout = timeout});
}

Result<Json> change(const Context& context, const std::string& method, const std::string& path, Json body) {
  return call(context,
              {.method = method, .path = path, .body = std::move(body), .by = asker(), .timeout = change_timeout});
}

Result<Json::Array> list_in(const Json& answer, std::string_view key) {
  if (answer[key].is_array()) return answer[key].as_array();
  return fail(Code::corrupt,
              "cannot read the coordinator's answer: it has no list '{}'; is the address a coordinator's?", key);
}

Result<Volume> volume_in(const Json& answer) {
  auto volume = volume_from_json(answer);
  if (!volume) return fail(Code::corrupt, "cannot read the coordinator's answer: {}", volume.error().message);
  return volume;
}

Result<std::vector<Volume>> volumes_in(const Json& answer) {
  TRY(list, list_in(answer, "volumes"));
  std::vector<Volume> volumes;
  for (const auto& entry : list) {
    TRY(volume, volume_in(entry));
    volumes.push_back(std::move(volume));
  }
  return volumes;
}

}  // namespace polly::cli
