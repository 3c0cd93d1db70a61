// The v1 API as calls with JSON bodies: what the node's client and the command line both stand on.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/http_client.h"
#include "base/json.h"
#include "swarm/client/coordinator.h"

namespace polly::client {

struct ApiCall {
  std::string method = "GET";
  std::string path = {};                      // encoded, with the query
  Json body = {};                             // null: none is sent
  std::string by = {};                        // who asks, for the record of events
  std::chrono::milliseconds timeout{10'000};  // of the whole call, whatever number of endpoints it tries
};

// Safe for any number of threads.
class Api {
 public:
  explicit Api(CoordinatorOptions options);

  // The body of a good answer, {} for an empty one. Errors: the coordinator's own, or `unavailable` when none of the
  // endpoints takes the call, `timeout` or `unknown_outcome`, `corrupt` when what answers is no coordinator.
  Result<Json> call(const ApiCall& call);
  // The answer as it came, also one that tells an error.
  Result<http::Response> send(const ApiCall& call);

 private:
  size_t first_choice(std::chrono::steady_clock::time_point deadline);
  Result<http::Response> send_to(size_t endpoint, const ApiCall& call, std::chrono::milliseconds timeout);

  std::vector<std::unique_ptr<http::Client>> clients_;
  std::atomic<size_t> last_good_;
};

}  // namespace polly::client
