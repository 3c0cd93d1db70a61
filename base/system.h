// Facts about this machine and this process.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"

namespace polly {

// Changes at every boot: what held a mount before is proven gone. From /proc, or from the file named in
// POLLY_BOOT_ID_FILE where /proc shows another machine's (a managed plugin under test).
Result<std::string> boot_id();
std::string host_name();
std::string make_id();              // 32 hex digits, random
std::string errno_text(int error);  // "No space left on device"
Code errno_code(int error);         // ENOENT is not_found, ENOSPC exhausted, EBUSY busy, ..

// "READY=1" and the like to systemd, when it listens.
void notify_supervisor(const std::string& state);
// Blocks SIGTERM and SIGINT in this and all later threads, so that wait_for_stop() receives them. SIGPIPE is ignored.
// Call first in main.
void prepare_signals();
// Returns when SIGTERM or SIGINT comes; on_child (if given) runs after each SIGCHLD.
void wait_for_stop(const std::function<void()>& on_child = {});

}  // namespace polly
