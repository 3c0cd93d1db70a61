// The configured pools with their controllers.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "core/model/settings.h"
#include "core/rules/placement.h"
#include "drivers/driver.h"
#include "swarm/store/state.h"

namespace polly::swarm {

struct Pool {
  PoolSettings settings;
  std::unique_ptr<drivers::Controller> controller;
  std::unique_ptr<std::atomic<bool>> used = std::make_unique<std::atomic<bool>>(false);  // it has had volumes on record
  std::unique_ptr<Mutex> turn = std::make_unique<Mutex>();  // held while a limited pool's bytes are promised
};

struct PoolReport {
  const Pool* pool = nullptr;
  Capacity capacity;
  uint64_t promised = 0;  // by the sizes of its volumes
  size_t volumes = 0;
  std::string error;  // why the platform could not be asked; "" when it could
};

class Pools {
 public:
  // Settings that a driver does not understand fail here, before anything listens.
  static Result<Pools> make(const CoordinatorSettings& settings);

  Result<const Pool*> find(const std::string& name) const;
  std::vector<std::string> names() const;
  // Notes which pools have volumes, and what limited ones have promised: one may have got its capacity, or have had
  // none for a while, with volumes in it. Once, before the first volume is made.
  Status take_stock(store::State& state) const;
  // What placement needs to know of these pools: of each that answers, how much may still be promised. No other is
  // asked: a platform that hangs must not keep volumes from being made elsewhere.
  Result<std::vector<PoolFacts>> facts(store::State& state, const std::vector<std::string>& names) const;
  Result<std::vector<PoolReport>> report(store::State& state) const;

 private:
  std::map<std::string, Pool> pools_;
};

}  // namespace polly::swarm
