// What a node's executables run with: the node section of the configuration file, overridden by the environment. Both
// executables read it here, so that they never disagree.
//
//     POLLY_COORDINATORS       comma separated           POLLY_PLUGIN_SOCKET  where Docker finds the plugin
//     POLLY_JOIN_TOKEN         joins by it, where there  POLLY_STATE          journal, record of volumes, certificate
//                              is no certificate yet     POLLY_MOUNTS         staged and published volumes
//     POLLY_NODE               the node's name           POLLY_RUN            guard's socket and session
//     POLLY_ENGINE             Docker's API              POLLY_LOG_LEVEL      debug, info, warn, error
//     POLLY_MOUNTS_TMPFS       where a tmpfs for the mount points goes, at or above POLLY_MOUNTS
//
// A managed plugin has only the environment, where a variable that was not set is there and empty: empty counts as
// unset.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/http.h"
#include "base/tls.h"
#include "core/model/identity.h"
#include "core/model/settings.h"

namespace polly::guard {

struct NodeConfig {
  NodeSettings settings;  // with its name filled in: the certificate's, or the host's, where none is configured
  std::vector<http::Endpoint> coordinators;
  http::Endpoint engine;
  std::string points;  // a directory for the mount points' own filesystem, see drivers/kit/mount.h; "" for none
  std::optional<JoinToken> token;
  tls::ClientSource tls;  // shows the node's certificate; one that comes later counts from then on
};

using Environment = std::function<const char*(const char*)>;

// Without a file the environment must name the coordinators.
Result<NodeConfig> load_node_config(const std::string& file, const Environment& environment);
// The same from this process's environment; also sets the log level.
Result<NodeConfig> load_node_config(const std::string& file);

}  // namespace polly::guard
