// GET /v1/session on the guard's socket: who this node is to the coordinator.
//
//     {"node":"n1","session":"..","boot_id":"..","live":true,"since_heartbeat_ms":812,"ttl_ms":12000}
#pragma once

#include <memory>
#include <string>

#include "base/http_server.h"
#include "base/json.h"
#include "plugin/guard/holder.h"

namespace polly::guard {

Json to_json(const SessionState& state);
Result<std::unique_ptr<http::Server>> serve_session(const std::string& socket, const Holder& holder);

}  // namespace polly::guard
