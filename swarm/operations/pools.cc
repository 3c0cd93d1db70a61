#include "swarm/operations/pools.h"

#include <algorithm>
#include <limits>

namespace polly::swarm {

Result<Pools> Pools::make(const CoordinatorSettings& settings) {
  Pools pools;
  for (const auto& pool : settings.pools) {
    auto controller = drivers::make_controller(pool.driver, {settings.cluster, pool.name, pool.driver_settings});
    if (!controller) return fail_with(controller.error(), "cannot open pool '{}'", pool.name);
    auto& made = pools.pools_[pool.name];
    made.settings = pool;
    made.controller = *std::move(controller);
  }
  return pools;
}

Result<const Pool*> Pools::find(const std::string& name) const {
  auto found = pools_.find(name);
  if (found != pools_.end()) return &found->second;
  return fail(Code::not_found, "no pool '{}' is configured; `polly pool ls` lists them", name);
}

std::vector<std::string> Pools::names() const {
  std::vector<std::string> names;
  for (const auto& [name, pool] : pools_) names.push_back(name);
  return names;
}

Status Pools::take_stock(store::State& state) const {
  TRY(volumes, state.volumes());
  std::map<std::string, uint64_t> promised;
  for (const auto& volume : volumes) {
    auto pool = pools_.find(volume.value.pool);
    if (pool == pools_.end()) continue;
    *pool->second.used = true;
    promised[pool->first] += volume.value.size;
  }
  for (const auto& [name, pool] : pools_) {
    if (!pool.settings.capacity) continue;
    TRY(recorded, state.promised(name));
    if (recorded.value == promised[name]) continue;
    store::Edit edit;
    edit.promised_unchanged(name, recorded.revision).put_promised(name, promised[name]);
    TRY_STATUS(state.commit(edit));
  }
  return {};
}

Result<std::vector<PoolFacts>> Pools::facts(store::State& state, const std::vector<std::string>& names) const {
  std::vector<PoolFacts> facts;
  for (const auto& name : names) {
    auto found = pools_.find(name);
    if (found == pools_.end()) continue;
    const auto& pool = found->second;
    PoolFacts fact{name, pool.controller->capabilities(), std::numeric_limits<uint64_t>::max()};
    // A platform that does not answer is left for create() to complain about: its words are better than ours.
    if (fact.capabilities.sizes)
      if (auto capacity = pool.controller->capacity()) fact.free = capacity->free;
    if (pool.settings.capacity) {
      TRY(promised, state.promised(name));
      uint64_t left = *pool.settings.capacity - std::min(promised.value, *pool.settings.capacity);
      fact.free = std::min(fact.free, left);
    }
    facts.push_back(std::move(fact));
  }
  return facts;
}

Result<std::vector<PoolReport>> Pools::report(store::State& state) const {
  std::map<std::string, PoolReport> reports;
  for (const auto& [name, pool] : pools_) {
    auto& report = reports[name];
    report.pool = &pool;
    auto capacity = pool.controller->capacity();
    if (capacity) {
      report.capacity = *capacity;
    } else {
      report.error = capacity.error().message;
    }
    if (pool.settings.capacity) report.capacity.total = *pool.settings.capacity;
  }
  TRY(volumes, state.volumes());
  for (const auto& volume : volumes) {
    auto report = reports.find(volume.value.pool);
    if (report == reports.end()) continue;
    report->second.promised += volume.value.size;
    ++report->second.volumes;
  }
  std::vector<PoolReport> list;
  for (auto& [name, report] : reports) list.push_back(std::move(report));
  return list;
}

}  // namespace polly::swarm
