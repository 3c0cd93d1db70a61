#include "cli/config_check.h"

#include <fmt/ranges.h>

#include "base/http.h"
#include "cli/print.h"
#include "cli/remote.h"
#include "drivers/driver.h"

namespace polly::cli {
namespace {

constexpr int engine_port = 2375;

// Collects what is wrong, each with the line and the key where it stands.
class Problems {
 public:
  explicit Problems(const yaml::Document& document) : document_(document) {}

  void add(const std::string& key, const std::string& problem) {
    auto line = document_.lines.find(key);
    auto place = line == document_.lines.end() ? key : fmt::format("line {}: {}", line->second, key);
    problems_.push_back(fmt::format("{}: {}", place, problem));
  }

  void check_address(const std::string& key, const std::string& address, int default_port,
                     http::Https https = http::Https::refused) {
    if (auto endpoint = http::Endpoint::parse(address, default_port, https); !endpoint)
      add(key, endpoint.error().message);
  }

  Status told() const {
    if (problems_.empty()) return {};
    return fail(Code::invalid, "{}", fmt::join(problems_, "; "));
  }

 private:
  const yaml::Document& document_;
  std::vector<std::string> problems_;
};

// The line of the key in question where the driver names one: "'path': is missing".
std::string key_of(const std::string& pool, const std::string& message, const yaml::Document& document) {
  auto path = "coordinator.pools." + pool;
  for (auto begin = message.find('\''); begin != std::string::npos; begin = message.find('\'', begin + 1)) {
    auto end = message.find('\'', begin + 1);
    if (end == std::string::npos) break;
    auto key = path + "." + message.substr(begin + 1, end - begin - 1);
    if (document.lines.count(key) != 0) return key;
  }
  return path;
}

void check_coordinator(const CoordinatorSettings& settings, const yaml::Document& document, Problems& problems) {
  problems.check_address("coordinator.listen", settings.listen, coordinator_port, http::Https::always);
  for (const auto& scheduler : settings.schedulers)
    for (size_t i = 0; i < scheduler.managers.size(); ++i)
      problems.check_address(fmt::format("coordinator.schedulers.{}.managers[{}]", scheduler.name, i),
                             scheduler.managers[i], engine_port);
  for (const auto& pool : settings.pools) {
    auto made = drivers::make_controller(pool.driver, {settings.cluster, pool.name, pool.driver_settings});
    if (!made) problems.add(key_of(pool.name, made.error().message, document), made.error().message);
  }
}

void check_node(const NodeSettings& settings, Problems& problems) {
  problems.check_address("node.engine", settings.engine, engine_port);
  for (size_t i = 0; i < settings.coordinators.size(); ++i)
    problems.check_address(fmt::format("node.coordinators[{}]", i), settings.coordinators[i], coordinator_port,
                           http::Https::always);
}

std::string roles(const Settings& settings) {
  if (settings.coordinator && settings.node) return "a coordinator and a node";
  return settings.coordinator ? "a coordinator" : "a node";
}

}  // namespace

Status check_settings(const ConfigFile& file) {
  if (!file.settings.coordinator && !file.settings.node)
    return fail(Code::invalid,
                "it has neither a section 'coordinator' nor a section 'node'; write what this machine is");
  Problems problems(file.document);
  if (file.settings.coordinator) check_coordinator(*file.settings.coordinator, file.document, problems);
  if (file.settings.node) check_node(*file.settings.node, problems);
  return problems.told();
}

Status check_config(const Context& context, const std::string& path) {
  TRY(file, read_config(path));
  if (auto good = check_settings(file); !good)
    return fail_with(good.error(), "cannot use the configuration '{}'", path);
  if (context.json) {
    print_json(context, Json::object().set("ok", true).set("file", path));
  } else {
    say(context, fmt::format("{} is ok: it makes this machine {}", path, roles(file.settings)));
  }
  return {};
}

}  // namespace polly::cli
