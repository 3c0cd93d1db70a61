// The session on file, so that a guard that was restarted goes on with it.
//
//     <run>/session.json := {"boot_id": text, "node": text, "session": text}
//
// Written by the guard alone, when a session was granted. A crash in between leaves the former session: opening with it
// is refused and a new one opened. The plugin reads it while the guard is away.
#pragma once

#include <string>

#include "base/result.h"

namespace polly::guard {

struct SessionOnFile {
  std::string node;
  std::string boot_id;
  std::string session;
};

std::string session_file(const std::string& run);
Status save_session(const std::string& run, const SessionOnFile& session);
Result<SessionOnFile> load_session(const std::string& run);

}  // namespace polly::guard
