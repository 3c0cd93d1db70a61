#include "cli/remote.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

#include "base/credentials.h"
#include "base/files.h"
#include "base/system.h"
#include "cli/config_file.h"
#include "core/codec/records.h"
#include "core/model/identity.h"

namespace polly::cli {
namespace {

// A volume is made, or destroyed, while the caller waits.
constexpr std::chrono::milliseconds change_timeout{60'000};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
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
    TRY(endpoint, http::Endpoint::parse(address, coordinator_port, http::Https::always));
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
  // With an address given, the file is only looked at for where the certificate is.
  if (!from_file && context.coordinator.empty()) return fail(std::move(from_file).error());
  if (from_file) settings = *std::move(from_file);
  TRY(endpoints, endpoints_for(context, settings));
  auto credentials = std::make_shared<tls::Credentials>(tls::Credentials::Options{
      settings.node.value_or(NodeSettings{}).tls(), coordinator_host,
      "over the network polly speaks as the node it runs on, as root: join it first, or run polly on the coordinator's "
      "machine"});
  return client::CoordinatorOptions{std::move(endpoints), tls::source_of(std::move(credentials))};
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
