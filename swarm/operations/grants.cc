#include "swarm/operations/grants.h"

#include "core/model/time.h"
#include "core/rules/grants.h"
#include "swarm/operations/amend.h"

namespace polly::swarm {
namespace {

size_t erase_grant(Volume& volume, const ServicePattern& subject) {
  return std::erase_if(volume.grants, [&](const Grant& grant) { return grant.to == subject; });
}

std::string text_of(const Grant& grant) {
  auto text = fmt::format("to {}, {}", grant.to.text, to_string(grant.access));
  if (grant.expires != 0) text += ", until " + format_moment(grant.expires);
  if (!grant.pin.empty()) text += ", pinned to " + grant.pin;
  return text;
}

}  // namespace

Result<Volume> give_grant(const Context& context, const std::string& name, Grant grant) {
  constexpr size_t most = 1000;
  grant.given = now(context);
  TRY(stored, context.state.volume(name));
  return amend(context, stored.value.id, [&](Volume& volume, store::Edit& edit) -> Status {
    erase_grant(volume, grant.to);
    if (volume.grants.size() >= most)
      return fail(Code::too_large, "cannot grant volume '{}' to {}: it has {} grants; use a pattern for several", name,
                  grant.to.text, most);
    volume.grants.push_back(grant);
    edit.put(make_event(context, "volume.granted", "volume " + name, grant.by, text_of(grant)));
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
      if (!permission_of(changed, mount.service, now(context)).access)
        revoked.still_mounted.emplace_back(attachment.node, mount);
  return revoked;
}

}  // namespace polly::swarm
