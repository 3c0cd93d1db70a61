#include "swarm/operations/grants.h"

#include "core/rules/grants.h"
#include "swarm/operations/amend.h"

namespace polly::swarm {
namespace {

size_t erase_grant(Volume& volume, const ServicePattern& subject) {
  return std::erase_if(volume.grants, [&](const Grant& grant) { return grant.to == subject; });
}

}  // namespace

Result<Volume> give_grant(const Context& context, const std::string& name, ServicePattern to, Access access,
                          const std::string& by) {
  constexpr size_t most = 1000;
  TRY(stored, context.state.volume(name));
  return amend(context, stored.value.id, [&](Volume& volume, store::Edit& edit) -> Status {
    erase_grant(volume, to);
    if (volume.grants.size() >= most)
      return fail(Code::too_large, "cannot grant volume '{}' to {}: it has {} grants; use a pattern for several", name,
                  to.text, most);
    volume.grants.push_back({to, access, by, now(context)});
    edit.put(make_event(context, "volume.granted", "volume " + name, by,
                        fmt::format("to {}, {}", to.text, to_string(access))));
    return {};
  });
}

Result<Revoked> take_grant(const Context& context, const std::string& name, const ServicePattern& from,
                           const std::string& by) {
  TRY(stored, context.state.volume(name));
  TRY(changed, amend(context, stored.value.id, [&](Volume& volume, store::Edit& edit) -> Status {
        if (erase_grant(volume, from) == 0)
          return fail(Code::not_found,
                      "cannot revoke volume '{}' from {}: it has no such grant; `polly grants {}` lists them", name,
                      from.text, name);
        edit.put(make_event(context, "volume.revoked", "volume " + name, by, "from " + from.text));
        return {};
      }));
  Revoked revoked{changed, {}};
  for (const auto& attachment : changed.attachments)
    for (const auto& mount : attachment.mounts)
      if (!access_of(changed, mount.service)) revoked.still_mounted.emplace_back(attachment.node, mount);
  return revoked;
}

}  // namespace polly::swarm
