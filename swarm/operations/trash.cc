#include "swarm/operations/trash.h"

#include "base/log.h"
#include "core/model/name.h"
#include "core/model/size.h"
#include "swarm/operations/amend.h"

namespace polly::swarm {
namespace {

// Why the volume cannot go now; success when it can.
Status check_unused(const Volume& volume) {
  if (!volume.attachments.empty()) {
    const auto& attachment = volume.attachments.front();
    auto user = attachment.mounts.empty() ? std::string("nobody any more, it is being detached")
                                          : attachment.mounts.front().service.text();
    return fail(Code::busy, "cannot remove volume '{}': it is attached to node '{}', used by {}; stop that first",
                volume.name, attachment.node, user);
  }
  if (!volume.operation.empty())
    return fail(Code::busy, "cannot remove volume '{}': another operation is at work on it; try again", volume.name);
  return {};
}

Millis retention_of(const Context& context, const Volume& volume) {
  const auto* volume_class = find_class(context, volume.volume_class);
  if (volume_class != nullptr && volume_class->trash_retention) return *volume_class->trash_retention;
  return context.settings.trash_retention;
}

// A release may be on its way here when its container has just ended: a moment's patience saves an error.
Result<store::Stored<Volume>> await_unused(const Context& context, const std::string& name) {
  auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  while (true) {
    TRY(stored, context.state.volume(name));
    bool soon = !stored.value.operation.empty();
    for (const auto& attachment : stored.value.attachments)
      soon = soon || attachment.state != Attachment::State::attached || attachment.mounts.empty();
    auto left = std::chrono::duration_cast<Millis>(deadline - std::chrono::steady_clock::now());
    if (!soon || left <= Millis(0)) {
      TRY_STATUS(check_unused(stored.value));
      return stored;
    }
    TRY_STATUS(context.state.await_change(stored.value.id, stored.revision, left));
  }
}

Result<store::Stored<Volume>> find_in_trash(const Context& context, const std::string& which) {
  TRY(volumes, context.state.volumes());
  const store::Stored<Volume>* found = nullptr;
  for (const auto& stored : volumes) {
    if (stored.value.state != Volume::State::trashed) continue;
    if (stored.value.id == which) return stored;
    if (stored.value.name != which) continue;
    if (found != nullptr)
      return fail(Code::conflict,
                  "several volumes named '{}' are in the trash; name one by its id, as `polly volume ls --trash` shows",
                  which);
    found = &stored;
  }
  if (found != nullptr) return *found;
  return fail(Code::not_found, "no volume '{}' is in the trash; `polly volume ls --trash` lists them", which);
}

}  // namespace

Result<Volume> move_to_trash(const Context& context, const std::string& name, const std::string& by) {
  TRY(stored, await_unused(context, name));
  return amend(context, std::move(stored), [&](Volume& volume, store::Edit& edit) -> Status {
    TRY_STATUS(check_unused(volume));
    if (volume.state != Volume::State::ready || volume.name != name)
      return fail(Code::not_found, "no volume '{}'", name);
    volume.state = Volume::State::trashed;
    volume.trashed = now(context);
    volume.trashed_by = by;
    volume.purge_after = volume.trashed + retention_of(context, volume).count();
    edit.drop_name(name).put(
        make_event(context, "volume.trashed", "volume " + name, by,
                   fmt::format("id {}, kept until {}", volume.id, iso8601(Millis(volume.purge_after)))));
    return {};
  });
}

Result<Volume> restore(const Context& context, const std::string& which, const std::string& new_name,
                       const std::string& by) {
  TRY(found, find_in_trash(context, which));
  auto name = new_name.empty() ? found.value.name : new_name;
  TRY_STATUS(check_name("volume", name));
  auto taken = context.state.volume(name);
  if (taken)
    return fail(Code::exists, "cannot restore volume '{}': the name '{}' is taken again; give another with --name",
                which, name);
  return amend(context, found.value.id, [&](Volume& volume, store::Edit& edit) -> Status {
    if (volume.state != Volume::State::trashed) return fail(Code::conflict, "volume '{}' left the trash", which);
    volume.state = Volume::State::ready;
    volume.name = name;
    volume.trashed = volume.purge_after = 0;
    volume.trashed_by.clear();
    edit.name_free(name)
        .put_name(name, volume.id)
        .put(make_event(context, "volume.restored", "volume " + name, by, "id " + volume.id));
    return {};
  });
}

Status purge(const Context& context, Journal& journal, const std::string& which, const std::string& by) {
  TRY(found, find_in_trash(context, which));
  auto operation = journal.begin(Operation::Kind::purge, found.value, "", by);
  auto begun = amend(context, found.value.id, [&](Volume& volume, store::Edit& edit) -> Status {
    if (volume.state != Volume::State::trashed) return fail(Code::conflict, "volume '{}' left the trash", which);
    volume.state = Volume::State::purging;
    volume.operation = operation.id;
    edit.put(operation).put(
        make_event(context, "volume.purged", "volume " + volume.name, by, "id " + volume.id + ", data destroyed"));
    return {};
  });
  if (!begun) {
    journal.forget(operation);
    return fail(begun.error());
  }
  return journal.run(operation);
}

void purge_expired(const Context& context, Journal& journal, const std::vector<store::Stored<Volume>>& volumes) {
  for (const auto& [volume, revision] : volumes) {
    if (volume.state != Volume::State::trashed || volume.purge_after > now(context)) continue;
    if (auto purged = purge(context, journal, volume.id, "retention"); !purged)
      log::warn("cannot purge volume={} id={}: {}", volume.name, volume.id, purged.error().message);
  }
}

}  // namespace polly::swarm
