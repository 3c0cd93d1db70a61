// Joins by the token of the environment, for a node that nobody joins by hand: a managed plugin. Goes on until it has a
// certificate that the coordinator takes; the calls of the rest of the node find it from then on.
#pragma once

#include <string>

#include "plugin/guard/loop.h"
#include "swarm/client/join.h"

namespace polly::node {

class Joiner {
 public:
  explicit Joiner(client::JoinOptions options) : options_(std::move(options)), loop_([this] { return step(); }) {}

 private:
  std::chrono::milliseconds step();

  const client::JoinOptions options_;
  guard::Backoff backoff_{std::chrono::seconds(1), std::chrono::seconds(30)};  // the loop's alone, like the next two
  std::string last_problem_;
  bool done_ = false;
  guard::Loop loop_;  // last: it uses the rest
};

}  // namespace polly::node
