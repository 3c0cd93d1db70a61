// Checks of who runs on the machine, and of the coordinator. Over their sockets only: what answers there counts.
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <set>

#include "base/clock.h"
#include "base/http_client.h"
#include "cli/doctor/finding.h"
#include "cli/remote.h"
#include "core/model/size.h"
#include "core/model/version.h"

namespace polly::cli::doctor {
namespace {

constexpr int engine_port = 2375;
constexpr Millis patience{3'000};

Result<Json> call(const std::string& address, const std::string& method, const std::string& path) {
  TRY(endpoint, http::Endpoint::parse(address, engine_port));
  http::Client client(endpoint);
  http::Call request;
  request.method = method;
  request.path = path;
  request.timeout = patience;
  TRY(response, client.call(request));
  if (response.status != 200) return fail(http::error_of(response));
  return Json::parse(response.body);
}

// "Thu, 01 Jan 2026 03:04:05 GMT", as HTTP has it.
std::optional<int64_t> seconds_of_date(const std::string& date) {
  std::tm parts{};
  const char* end = ::strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return static_cast<int64_t>(::timegm(&parts));
}

Result<std::set<std::string>> local_volumes(const NodeSettings& node) {
  TRY(answer, call(node.engine, "GET", "/volumes?filters=" + http::encode_segment(R"({"driver":["local"]})")));
  std::set<std::string> names;
  for (const auto& volume : answer["Volumes"].as_array())
    if (volume["Driver"].as_string() == "local") names.insert(volume["Name"].as_string());
  return names;
}

// The name of Polly as a managed plugin of this engine, "" where it is none: its sockets are the engine's own then.
std::string managed_plugin(const NodeSettings& node) {
  auto plugins = call(node.engine, "GET", "/plugins");
  if (!plugins) return "";
  for (const auto& plugin : plugins->as_array()) {
    const auto& name = plugin["Name"].as_string();
    // "polly:latest", "acme/polly:1"
    auto last = name.substr(name.rfind('/') == std::string::npos ? 0 : name.rfind('/') + 1);
    if (plugin["Enabled"].as_bool() && last.substr(0, last.find(':')) == "polly") return name;
  }
  return "";
}

}  // namespace

Finding check_engine(const NodeSettings& node) {
  auto version = call(node.engine, "GET", "/version");
  if (!version) return problem(version.error().message, "systemctl start docker, or correct node.engine");
  return ok(fmt::format("{} answers: version {}, API {}", node.engine, (*version)["Version"].as_string(),
                        (*version)["ApiVersion"].as_string()));
}

Finding check_guard(const NodeSettings& node) {
  auto session = call("unix://" + node.guard_socket, "GET", "/v1/session");
  if (!session) {
    if (auto plugin = managed_plugin(node); !plugin.empty()) return ok("it runs inside the managed plugin " + plugin);
    return problem(session.error().message, "systemctl start polly-guard");
  }
  if ((*session)["live"].as_bool())
    return ok(
        fmt::format("{} answers: node '{}' has a live session", node.guard_socket, (*session)["node"].as_string()));
  return problem(
      fmt::format("{} answers, but node '{}' has no live session", node.guard_socket, (*session)["node"].as_string()),
      "look at the coordinator first; then: journalctl -u polly-guard");
}

Finding check_plugin(const NodeSettings& node) {
  auto answer = call("unix://" + node.plugin_socket, "POST", "/Plugin.Activate");
  if (!answer) {
    if (auto plugin = managed_plugin(node); !plugin.empty()) return ok("the managed plugin " + plugin + " is enabled");
    return problem(answer.error().message, "systemctl start polly-node");
  }
  for (const auto& kind : (*answer)["Implements"].as_array())
    if (kind.as_string() == "VolumeDriver") return ok(node.plugin_socket + " answers as a volume driver");
  return problem(node.plugin_socket + " answers, but as no volume driver", "see what else listens on that socket");
}

Finding check_coordinator(const Context& context) {
  auto answer = ask(context, "/v1/version", patience);
  if (!answer)
    return problem(answer.error().message,
                   answer.error().code == Code::unauthenticated
                       ? "join this node: polly node join ADDRESS --token TOKEN, with a token of polly node token there"
                       : "systemctl start polly-coordinator on its machine, or correct node.coordinators");
  const auto& theirs = (*answer)["version"].as_string();
  if ((*answer)["api"].as_string() == "v1")
    return ok(fmt::format("it answers: version {} of cluster '{}'; this is {}", theirs,
                          (*answer)["cluster"].as_string(), version()));
  return problem(fmt::format("it speaks API '{}' (version {}), this command v1 (version {})",
                             (*answer)["api"].as_string(), theirs, version()),
                 "bring both to the same version");
}

// The date has whole seconds, and the answer took its time. Promises hang on no wall clock; records do.
Finding compare_clocks(const std::string& date, int64_t now_ms) {
  auto theirs = seconds_of_date(date);
  if (!theirs) return skipped("the coordinator's answer bears no date");
  auto difference = Millis(std::abs(now_ms - *theirs * 1'000));
  if (difference <= Millis(5'000)) return ok("this machine's and the coordinator's differ by less than 5s");
  return problem(fmt::format("this machine's and the coordinator's differ by {}", format_duration(difference)),
                 "let both be kept: timedatectl set-ntp true");
}

Finding check_coordinator_clock(const Context& context) {
  auto options = find_coordinator(context);
  if (!options) return skipped("the coordinator is not known");
  auto response = client::Api(*std::move(options)).send({.path = "/v1/version", .timeout = patience});
  if (!response) return skipped("the coordinator does not answer");
  return compare_clocks(response->headers["date"], system_clock().wall().count());
}

// Where Docker could not ask the plugin, it made a volume of its own under the same name, and containers write there.
Finding check_local_volumes(const Context& context, const NodeSettings& node) {
  auto local = local_volumes(node);
  if (!local) return skipped("the engine does not answer");
  auto answer = ask(context, "/v1/volumes", patience);
  if (!answer) return skipped("the coordinator does not answer");
  auto volumes = volumes_in(*answer);
  if (!volumes) return skipped(volumes.error().message);
  std::vector<std::string> both;
  for (const auto& volume : *volumes)
    if (local->count(volume.name) != 0) both.push_back(volume.name);
  if (both.empty()) return ok("no local volume bears the name of one of Polly's");
  return problem(
      fmt::format("Docker has local volumes with the names of Polly's: {}", fmt::join(both, ", ")),
      fmt::format("stop their containers, save what they hold, then: docker volume rm {}", fmt::join(both, " ")));
}

}  // namespace polly::cli::doctor
