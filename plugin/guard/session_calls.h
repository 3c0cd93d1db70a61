// The two calls of the v1 API that hold a session. The guard makes them itself, so that it links neither the client
// library nor a driver.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/http_client.h"
#include "core/model/node.h"

namespace polly::guard {

class SessionCalls {
 public:
  SessionCalls(const std::vector<http::Endpoint>& coordinators, const tls::ClientSource& tls);

  Result<SessionGrant> open(const OpenSession& request);
  // `conflict`: the session is lost.
  Status heartbeat(const std::string& node, const std::string& session);

 private:
  // Asks the coordinators in turn, beginning with the one that answered last. Called by the holder's thread alone.
  Result<Json> post(const std::string& path, const Json& body);

  std::vector<std::unique_ptr<http::Client>> clients_;
  size_t answering_ = 0;
};

}  // namespace polly::guard
