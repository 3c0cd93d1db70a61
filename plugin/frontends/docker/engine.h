// The few calls of Docker's API that the plugin makes, each with a limit: the engine calls the plugin while it holds
// locks of its own, and some of these calls wait for such a lock.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/http_client.h"
#include "core/model/node.h"

namespace polly::node {

struct ListedContainer {
  std::string id;
  std::string name;                  // without the leading slash
  std::string state;                 // "created", "running", ..
  std::string task;                  // label com.docker.swarm.task.id; proves nothing
  std::vector<std::string> volumes;  // names, one for each mount point

  // What runs has its mounts, and what is being removed gets none any more.
  bool may_be_mounting() const {
    return state != "running" && state != "paused" && state != "removing" && state != "dead";
  }
};

// What became of an inspect.
struct Inspection {
  enum class Outcome {
    answered,  // nothing is being done to the container
    unknown,   // listed, and not to be inspected: it is being created
    silent,    // it is being started, stopped or copied from
  };
  Outcome outcome = Outcome::silent;
  bool alive = false;  // running, paused or restarting; only when answered
};

class Engine {
 public:
  explicit Engine(http::Endpoint endpoint) : client_(std::move(endpoint)) {}

  // Those with a mount point of that volume, running or not. unavailable, timeout: the engine does not answer.
  Result<std::vector<ListedContainer>> with_volume(const std::string& volume, std::chrono::milliseconds limit);
  Inspection inspect(const std::string& container, std::chrono::milliseconds limit);
  Result<EngineFacts> facts(std::chrono::milliseconds limit);

 private:
  http::Client client_;
};

}  // namespace polly::node
