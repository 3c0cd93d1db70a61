#include "core/rules/grants.h"

#include "core/model/time.h"

namespace polly {
namespace {

bool is_wider(const Grant& grant, const Grant* than) {
  return than == nullptr || (grant.access == Access::read_write && than->access == Access::read_only);
}

}  // namespace

Permission permission_of(const Volume& volume, const Service& service, int64_t now) {
  if (volume.default_access == DefaultAccess::open) return {Access::read_write, nullptr, nullptr, nullptr};
  Permission found;
  for (const auto& grant : volume.grants) {
    if (!grant.to.matches(service)) continue;
    if (!grant.pin.empty() && grant.pin != service.id) {
      found.pinned = &grant;
    } else if (grant.expires != 0 && grant.expires <= now) {
      if (found.expired == nullptr || found.expired->expires < grant.expires) found.expired = &grant;
    } else if (is_wider(grant, found.grant)) {
      found.grant = &grant;
    }
  }
  if (found.grant == nullptr) return found;
  return {found.grant->access, found.grant, nullptr, nullptr};
}

std::string why_not(const Permission& permission) {
  if (permission.access) return "";
  if (permission.expired != nullptr) return "its grant expired at " + format_moment(permission.expired->expires);
  if (permission.pinned != nullptr) return "its grant is pinned to another service of that name";
  return "";
}

}  // namespace polly
