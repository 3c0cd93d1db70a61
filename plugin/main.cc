// polly-node: the volume plugin of a node. Answers its socket before coordinator, guard or engine can be reached.
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/log.h"
#include "base/system.h"
#include "core/model/version.h"
#include "plugin/frontends/docker/asker.h"
#include "plugin/frontends/docker/docker_containers.h"
#include "plugin/frontends/docker/reporter.h"
#include "plugin/frontends/docker/volume_plugin.h"
#include "plugin/guard/arguments.h"
#include "plugin/guard/node_settings.h"
#include "plugin/node/joiner.h"
#include "plugin/node/node.h"

using namespace polly;

namespace {

int failed(const Error& error) {
  log::error("{}", error.message);
  return exit_code(error.code);
}

// Calls may wait for a coordinator or a platform for long. What is cut short is recovered at the next start.
void stop_at_the_latest_in(std::chrono::seconds limit) {
  std::thread([limit] {
    std::this_thread::sleep_for(limit);
    std::_Exit(0);
  }).detach();
}

int run(const guard::Arguments& arguments) {
  prepare_signals();
  log::set_program("polly-node");
  auto config = guard::load_node_config(arguments.config);
  if (!config) return failed(config.error());
  auto boot = boot_id();
  if (!boot) return failed(boot.error());
  const auto& settings = config->settings;
  auto coordinator = client::connect({config->coordinators, config->tls});
  node::GuardSessions sessions(settings.guard_socket, settings.run);
  node::NodeHalves halves;
  node::NodeOptions options{{settings.name, *boot, settings.mounts}, settings.state, settings.run, config->points, {}};
  node::Node node(std::move(options), *coordinator, sessions, halves);
  if (auto loaded = node.load(); !loaded) return failed(loaded.error());
  node::Engine engine(config->engine);
  node::Asker asker(engine);
  node::DockerContainers containers(engine);
  node::VolumePlugin plugin(node.volumes(), [&asker](const std::string& volume) { return asker.find(volume); });
  if (auto listening = plugin.listen(settings.plugin_socket); !listening) return failed(listening.error());
  node.start(containers);
  std::optional<node::Joiner> joiner;
  if (config->token)
    joiner.emplace(client::JoinOptions{config->coordinators, *config->token, settings.name, settings.tls()});
  node::Reporter reporter(engine, *coordinator, sessions, settings.name);
  notify_supervisor("READY=1");
  wait_for_stop();
  stop_at_the_latest_in(std::chrono::seconds(7));
  reporter.stop();
  plugin.stop();
  node.stop();
  return 0;
}

}  // namespace

int main(int count, char** words) {
  auto arguments = guard::parse_arguments(count, words, false);
  if (!arguments) return failed(arguments.error());
  if (arguments->help) return std::fputs(guard::usage("polly-node", false).c_str(), stdout), 0;
  if (arguments->version) return std::printf("polly-node %s\n", std::string(version()).c_str()), 0;
  return run(*arguments);
}
