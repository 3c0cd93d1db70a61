// The engine API of the Swarm managers: any of those configured that answers as a manager.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/http_client.h"

namespace polly::swarm::docker {

class Managers {
 public:
  static Result<Managers> make(const std::vector<std::string>& endpoints);

  // GET, at most two seconds on each manager. `not_found` when a manager says so; `unavailable` when none answers.
  Result<Json> get(const std::string& path);

 private:
  std::vector<std::unique_ptr<http::Client>> clients_;
  std::unique_ptr<std::atomic<size_t>> last_good_ = std::make_unique<std::atomic<size_t>>(0);
};

}  // namespace polly::swarm::docker
