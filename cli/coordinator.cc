#include "cli/coordinator.h"

#include "base/log.h"
#include "base/system.h"
#include "cli/config_file.h"
#include "cli/print.h"
#include "swarm/coordinator.h"
#include "swarm/sessions/authority.h"

namespace polly::cli {
namespace {

Result<CoordinatorSettings> read_own(const Context& context, const char* what) {
  TRY(file, read_config(context.config_file));
  if (file.settings.coordinator) return *std::move(file.settings.coordinator);
  return fail(
      Code::invalid,
      "cannot {} the coordinator: '{}' has no section 'coordinator'; add it, or name another file with --config", what,
      context.config_file);
}

}  // namespace

Status run_coordinator(const Context& context) {
  prepare_signals();
  log::set_program("polly-coordinator");
  TRY(settings, read_own(context, "start"));
  TRY_STATUS(log::set_level(settings.log_level));
  return swarm::run(settings);
}

Status init_coordinator(const Context& context) {
  TRY(settings, read_own(context, "set up"));
  TRY(authority, swarm::Authority::open(settings, system_clock().wall()));
  const auto& ca = authority.certificate();
  if (context.json) {
    print_json(context, Json::object().set("fingerprint", ca.fingerprint).set("expires", ca.not_after.count()));
  } else {
    say(context, fmt::format("the cluster's CA is in {}/ca; its fingerprint is {}", settings.state, ca.fingerprint));
  }
  return {};
}

}  // namespace polly::cli
