// Tells the coordinator which engine runs here and which node of a swarm it is: when it is first reached, when that
// changes, and under each new session.
#pragma once

#include "plugin/frontends/docker/engine.h"
#include "plugin/guard/loop.h"
#include "plugin/node/session.h"
#include "swarm/client/coordinator.h"

namespace polly::node {

class Reporter {
 public:
  Reporter(Engine& engine, client::Coordinator& coordinator, Sessions& sessions, std::string node);
  void stop() { loop_.stop(); }

 private:
  std::chrono::milliseconds step();

  Engine& engine_;
  client::Coordinator& coordinator_;
  Sessions& sessions_;
  const std::string node_;
  std::string told_;  // the loop's alone, like the next two
  std::string last_problem_;
  guard::Backoff backoff_{std::chrono::milliseconds(250), std::chrono::seconds(3)};
  guard::Loop loop_;
};

}  // namespace polly::node
