#include "plugin/guard/session_file.h"

#include "base/files.h"
#include "base/json.h"

namespace polly::guard {

std::string session_file(const std::string& run) {
  return run + "/session.json";
}

Status save_session(const std::string& run, const SessionOnFile& session) {
  Json json;
  json.set("boot_id", session.boot_id).set("node", session.node).set("session", session.session);
  TRY_STATUS(files::make_directories(run));
  return files::write_atomically(session_file(run), json.dump() + "\n");
}

Result<SessionOnFile> load_session(const std::string& run) {
  TRY(text, files::read(session_file(run), 64 * 1024));
  TRY(json, Json::parse(text));
  SessionOnFile found{json["node"].as_string(), json["boot_id"].as_string(), json["session"].as_string()};
  if (found.session.empty()) return fail(Code::corrupt, "'{}' names no session", session_file(run));
  return found;
}

}  // namespace polly::guard
