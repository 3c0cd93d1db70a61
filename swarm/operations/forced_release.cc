// The session ends first, then the mounts go. A crash in between leaves a node that opens a new session, and a volume
// that is held as before: asked again, the rest is done.
#include "swarm/operations/forced_release.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "core/model/size.h"
#include "swarm/operations/amend.h"
#include "swarm/operations/take_off.h"

namespace polly::swarm {
namespace {

Result<Attachment> holder_of(const Volume& volume, const std::string& node) {
  if (!node.empty()) {
    const auto* attachment = volume.attachment_on(node);
    if (attachment != nullptr) return *attachment;
    return fail(Code::not_found, "node '{}' does not hold it; `polly volume show {}` tells who does", node,
                volume.name);
  }
  if (volume.attachments.empty()) return fail(Code::not_found, "no node holds it");
  if (volume.attachments.size() == 1) return volume.attachments.front();
  std::vector<std::string> nodes;
  for (const auto& attachment : volume.attachments) nodes.push_back(attachment.node);
  return fail(Code::invalid, "nodes {} hold it; name one with --node", fmt::join(nodes, ", "));
}

std::string users_of(const Attachment& attachment) {
  std::vector<std::string> users;
  for (const auto& mount : attachment.mounts)
    users.push_back(mount.container.empty()
                        ? mount.service.text()
                        : fmt::format("{} (container {})", mount.service.text(), mount.container.substr(0, 12)));
  return users.empty() ? "nobody" : fmt::format("{}", fmt::join(users, ", "));
}

Status check(Sessions& sessions, const Attachment& attachment, bool force) {
  const auto& node = attachment.node;
  auto silent = format_duration(sessions.silent_for(node));
  if (sessions.live(node))
    return fail(Code::refused,
                "node '{}' answers (heard {} ago) and lets go by itself when {} stops; stop that, or drain the node "
                "with `docker node update --availability drain`",
                node, silent, users_of(attachment));
  if (force) return {};
  return fail(Code::refused,
              "node '{}' has been silent for {} and may still be writing, for {}; if it is, a second writer destroys "
              "the data. Switch that machine off, then repeat with --force",
              node, silent, users_of(attachment));
}

// Only while the node has no session: what it mounts under a new one is not what the operator spoke of.
Status require_no_session(const Context& context, const std::string& name, store::Edit& edit) {
  TRY(node, context.state.node(name));
  if (!node.value.session.empty()) return fail(Code::refused, "node '{}' has come back meanwhile", name);
  edit.unchanged(node);
  return {};
}

// Mounts that fit into a commit, whose writes are limited; with the last of them the detach begins.
Result<Volume> take_off_some(const Context& context, Journal& journal, const std::string& volume_id,
                             const std::string& node, const std::string& by) {
  constexpr size_t at_once = 40;
  TRY_STATUS(await_idle(context, volume_id));
  std::optional<Operation> operation;
  auto committed = amend(context, volume_id, [&](Volume& volume, store::Edit& edit) -> Status {
    auto* attachment = volume.attachment_on(node);
    if (attachment == nullptr) return {};
    TRY_STATUS(require_no_session(context, node, edit));
    if (!volume.operation.empty()) return fail(Code::busy, "another operation is at work on it; try again");
    auto& mounts = attachment->mounts;
    edit.put(make_event(context, "volume.forced", "volume " + volume.name, by,
                        fmt::format("taken from node {}, used there by {}", node, users_of(*attachment))));
    auto last = mounts.begin() + static_cast<std::ptrdiff_t>(std::min(mounts.size(), at_once));
    for (auto mount = mounts.begin(); mount != last; ++mount) edit.put_released(mount->id, now(context));
    mounts.erase(mounts.begin(), last);
    detach_if_unused(journal, volume, *attachment, edit, by, operation);
    return {};
  });
  TRY_STATUS(run_detach(journal, operation, committed ? Status() : Status(fail(committed.error()))));
  TRY(stored, context.state.volume_by_id(volume_id));
  return stored.value;
}

Result<Volume> take_off(const Context& context, Journal& journal, const std::string& volume_id, const std::string& node,
                        const std::string& by) {
  for (;;) {
    TRY(volume, take_off_some(context, journal, volume_id, node, by));
    const auto* attachment = volume.attachment_on(node);
    if (attachment == nullptr || attachment->mounts.empty()) return volume;
  }
}

}  // namespace

Result<Volume> release_by_force(const Context& context, Journal& journal, Sessions& sessions,
                                const ForcedRelease& request) {
  auto cannot = [&](const Error& error) { return fail_with(error, "cannot release volume '{}'", request.volume); };
  TRY(stored, context.state.volume(request.volume));
  auto holder = holder_of(stored.value, request.node);
  if (!holder) return cannot(holder.error());
  if (auto checked = check(sessions, *holder, request.force); !checked) return cannot(checked.error());
  if (auto ended = sessions.end_silent(holder->node, request.by); !ended) return cannot(ended.error());
  auto released = take_off(context, journal, stored.value.id, holder->node, request.by);
  if (!released) return cannot(released.error());
  return released;
}

}  // namespace polly::swarm
