#include "cli/coordinator.h"

#include "base/log.h"
#include "base/system.h"
#include "cli/config_file.h"
#include "swarm/coordinator.h"

namespace polly::cli {

Status run_coordinator(const Context& context) {
  prepare_signals();
  log::set_program("polly-coordinator");
  TRY(file, read_config(context.config_file));
  if (!file.settings.coordinator)
    return fail(Code::invalid,
                "cannot start the coordinator: '{}' has no section 'coordinator'; add it, or name another "
                "file with --config",
                context.config_file);
  TRY_STATUS(log::set_level(file.settings.coordinator->log_level));
  return swarm::run(*file.settings.coordinator);
}

}  // namespace polly::cli
