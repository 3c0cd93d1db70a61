// polly-guard: holds the node's session, whatever becomes of the plugin.
#include <cstdio>

#include "base/log.h"
#include "base/system.h"
#include "core/model/version.h"
#include "plugin/guard/arguments.h"
#include "plugin/guard/holder.h"
#include "plugin/guard/node_settings.h"
#include "plugin/guard/session_server.h"
#include "plugin/guard/supervisor.h"

using namespace polly;

namespace {

int failed(const Error& error) {
  log::error("{}", error.message);
  return exit_code(error.code);
}

int run(const guard::Arguments& arguments) {
  prepare_signals();
  log::set_program("polly-guard");
  auto config = guard::load_node_config(arguments.config);
  if (!config) return failed(config.error());
  auto boot = boot_id();
  if (!boot) return failed(boot.error());
  const auto& settings = config->settings;
  guard::Holder holder({settings.name, *boot, settings.run, std::string(version())},
                       guard::SessionCalls(config->coordinators, config->tls), system_clock());
  auto server = guard::serve_session(settings.guard_socket, holder);
  if (!server) return failed(server.error());
  guard::Supervisor supervisor(arguments.run);
  notify_supervisor("READY=1");
  wait_for_stop([&] { supervisor.reap(); });
  supervisor.stop();
  server->reset();
  holder.stop();
  return 0;
}

}  // namespace

int main(int count, char** words) {
  auto arguments = guard::parse_arguments(count, words, true);
  if (!arguments) return failed(arguments.error());
  if (arguments->help) return std::fputs(guard::usage("polly-guard", true).c_str(), stdout), 0;
  if (arguments->version) return std::printf("polly-guard %s\n", std::string(version()).c_str()), 0;
  return run(*arguments);
}
