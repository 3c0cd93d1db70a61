// What the workers of the node share. Made by Node (node.h), which sees to it that it outlives them all.
#pragma once

#include <chrono>
#include <string>

#include "base/clock.h"
#include "plugin/node/admission.h"
#include "plugin/node/catalog.h"
#include "plugin/node/findings.h"
#include "plugin/node/lanes.h"
#include "plugin/node/node_halves.h"
#include "plugin/node/session.h"
#include "plugin/node/tasks.h"
#include "swarm/client/coordinator.h"

namespace polly::node {

// Docker gives a call 120 s. Shorter in tests.
struct Limits {
  std::chrono::milliseconds mount{108'000};
  std::chrono::milliseconds decision{105'000};         // of the above, waiting for the coordinator's verdict
  std::chrono::milliseconds coordinator_away{15'000};  // a Mount goes on asking for so long
  std::chrono::milliseconds unmount{10'000};           // then Docker is answered and the work goes on behind
  std::chrono::milliseconds flush{3'000};              // of owed releases, before a Mount or a Remove
  std::chrono::milliseconds recovery{30'000};          // a call waits for its volume's
  std::chrono::milliseconds lookup{2'000};             // of a name that is not on record
  std::chrono::milliseconds create{50'000};
  std::chrono::milliseconds remove{40'000};
  std::chrono::milliseconds judged_after{5'000};  // younger mounts are not compared with the engine
  std::chrono::milliseconds reconcile{10'000};
  std::chrono::milliseconds poll{3'000};  // of the coordinator's feed; a stop waits for it
};

struct Identity {
  std::string node;    // name
  std::string boot;    // id
  std::string mounts;  // <mounts>/<volume id>/stage and <mounts>/<volume id>/<mount id>
};

struct Parts {
  const Identity identity;
  const Limits limits;
  Clock& clock;
  client::Coordinator& coordinator;
  Sessions& sessions;
  NodeHalves& halves;
  Lanes& lanes;
  Catalog& catalog;
  Admission& admission;
  Findings& findings;
  Tasks& tasks;
};

inline Deadline from_now(std::chrono::milliseconds limit) {
  return std::chrono::steady_clock::now() + limit;
}
inline std::chrono::milliseconds left_until(Deadline deadline) {
  auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  return std::max(left, std::chrono::milliseconds(0));
}

// The answer may come if one asks again.
inline bool may_pass(const Error& error) {
  return error.code == Code::unavailable || error.code == Code::timeout || error.code == Code::unknown_outcome;
}

}  // namespace polly::node
