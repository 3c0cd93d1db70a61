#include "core/rules/grants.h"

namespace polly {

std::optional<Access> access_of(const Volume& volume, const Service& service) {
  if (volume.default_access == DefaultAccess::open) return Access::read_write;
  std::optional<Access> best;
  for (const auto& grant : volume.grants) {
    if (!grant.to.matches(service)) continue;
    if (grant.access == Access::read_write) return Access::read_write;
    best = Access::read_only;
  }
  return best;
}

}  // namespace polly
