// Inspects many containers at once. An inspect that meets a lock of the engine's never answers: each has its own limit,
// and no more than a few dozen are under way at a time.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "plugin/frontends/docker/engine.h"
#include "plugin/node/tasks.h"

namespace polly::node {

class Prober {
 public:
  explicit Prober(Engine& engine) : engine_(engine) {}

  struct Limits {
    std::chrono::milliseconds each{100};
    std::chrono::milliseconds last{100};  // for the last one, once all others have answered
  };
  // In the order of the ids. What had not answered in time is silent; its call ends by its own limit, behind.
  std::vector<Inspection> probe(const std::vector<std::string>& containers, Limits limits);

 private:
  struct Round;
  void work(const std::shared_ptr<Round>& round);

  Engine& engine_;
  Tasks tasks_{256};
};

}  // namespace polly::node
