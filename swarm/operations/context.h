// What every operation works with.
#pragma once

#include "base/clock.h"
#include "core/model/settings.h"
#include "swarm/operations/pools.h"
#include "swarm/store/state.h"

namespace polly::swarm {

struct Context {
  store::State& state;
  const Pools& pools;
  const CoordinatorSettings& settings;
  Clock& clock;
  uint64_t incarnation = 0;  // of the store; part of every epoch
};

int64_t now(const Context& context);
Event make_event(const Context& context, std::string kind, std::string subject, std::string by, std::string text);
const ClassSettings* find_class(const Context& context, const std::string& name);

}  // namespace polly::swarm
