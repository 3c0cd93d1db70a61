#include "swarm/operations/promise.h"

#include "core/model/size.h"

namespace polly::swarm {

Status promise(const Context& context, const Pool& pool, uint64_t size, store::Edit& edit) {
  if (!pool.settings.capacity) return {};
  const auto& name = pool.settings.name;
  TRY(promised, context.state.promised(name));
  uint64_t capacity = *pool.settings.capacity;
  if (size > capacity || promised.value > capacity - size)
    return fail(Code::exhausted, "pool '{}' has promised {} of its {}", name, format_size(promised.value),
                format_size(capacity));
  edit.promised_unchanged(name, promised.revision).put_promised(name, promised.value + size);
  return {};
}

Status give_back(const Context& context, const Volume& volume, store::Edit& edit) {
  auto pool = context.pools.find(volume.pool);
  // A pool that left the configuration took its promises with it.
  if (!pool || !(*pool)->settings.capacity) return {};
  TRY(promised, context.state.promised(volume.pool));
  auto left = promised.value - std::min(promised.value, volume.size);
  edit.promised_unchanged(volume.pool, promised.revision).put_promised(volume.pool, left);
  return {};
}

}  // namespace polly::swarm
