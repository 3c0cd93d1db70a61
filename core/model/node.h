// A machine whose plugin has joined.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace polly {

struct Node {
  std::string name;
  std::string boot_id;
  std::string session;        // the one that is or was last open
  std::string swarm_node_id;  // bound at the first report; "" while the engine has not been seen in a swarm
  std::string engine_version;
  std::string plugin_version;
  std::string address;
  int64_t joined = 0;  // wall clock, ms
  int64_t session_opened = 0;
  friend bool operator==(const Node&, const Node&) = default;
};

struct OpenSession {
  std::string node;
  std::string boot_id;
  std::string resume;  // a session of the same boot that the guard still has on file; "" for none
  std::string version;
};

struct SessionGrant {
  std::string session;
  int64_t ttl_ms = 0;        // without a heartbeat for so long the session is lost
  int64_t heartbeat_ms = 0;  // send one each
};

struct EngineFacts {
  std::string swarm_node_id;  // "" outside a swarm
  std::string engine_version;
  std::string plugin_version;
};

}  // namespace polly
