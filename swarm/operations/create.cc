// create: intent {volume creating, its name, its operation, what it takes of the pool} -> the driver makes it
//         -> done {volume ready, no operation}.
// A volume that is made at its first use is ready with its record: the first attach makes it (attach.cc).
//
// A crash before the driver's answer leaves the intent: resumed, the driver is asked again for the same id, which makes
// no second one. A driver that says no undoes the intent, and nothing is left.
#include "swarm/operations/create.h"

#include "base/log.h"
#include "base/system.h"
#include "core/model/size.h"
#include "core/rules/placement.h"
#include "swarm/operations/amend.h"
#include "swarm/operations/promise.h"

namespace polly::swarm {
namespace {

using std::chrono::seconds;

// Whether asking again later may help; then the intent stays on record.
bool may_recover(Code code) {
  return code == Code::unavailable || code == Code::timeout || code == Code::unknown_outcome || code == Code::busy;
}

drivers::CreateRequest driver_request(const Volume& volume, bool first = false) {
  return {volume.id, volume.name, volume.size, volume.filesystem, first};
}

// A volume of that name that is there, or that another request is making right now.
Result<std::optional<Volume>> existing(const Context& context, const std::string& name) {
  auto deadline = std::chrono::steady_clock::now() + seconds(30);
  while (true) {
    auto found = context.state.volume(name);
    if (!found && found.error().code == Code::not_found) return std::optional<Volume>();
    if (!found) return fail(found.error());
    if (found->value.state != Volume::State::creating) return std::optional<Volume>(found->value);
    auto left = std::chrono::duration_cast<Millis>(deadline - std::chrono::steady_clock::now());
    if (left <= Millis(0))
      return fail(Code::busy, "cannot create volume '{}': it is being made since {}; try again", name,
                  iso8601(Millis(found->value.created)));
    TRY_STATUS(context.state.await_change(found->value.id, found->revision, left));
  }
}

// Writes the record down, with what is still to be done. `conflict`: somebody was faster with the name or the pool;
// decide again.
Status commit_record(const Context& context, const Pool& pool, const Volume& volume, const Operation* operation) {
  store::Edit edit;
  edit.name_free(volume.name).put_name(volume.name, volume.id).put(volume);
  if (operation != nullptr) edit.put(*operation);
  TRY_STATUS(promise(context, pool, volume.size, edit));
  edit.put(make_event(
      context, "volume.created", "volume " + volume.name, volume.created_by,
      fmt::format("in pool {}{}", volume.pool, volume.size != 0 ? ", " + format_size(volume.size) : std::string())));
  TRY_STATUS(context.state.commit(edit));
  return {};
}

// Requests for one limited pool take turns: they would only make each other's commits fail.
Status commit_in_turn(const Context& context, const Pool& pool, const Volume& volume, const Operation* operation) {
  if (!pool.settings.capacity) return commit_record(context, pool, volume, operation);
  Lock lock(*pool.turn);
  return commit_record(context, pool, volume, operation);
}

Result<Volume> draft_volume(const Context& context, const CreateVolume& request, const std::vector<Grant>& grants) {
  const auto* volume_class = find_class(context, request.volume_class);
  if (!request.volume_class.empty() && volume_class == nullptr)
    return fail(Code::not_found, "cannot create volume '{}': there is no class '{}'; the configuration lists them",
                request.name, request.volume_class);
  TRY(facts, context.pools.facts(context.state, eligible_pools(request, volume_class, context.pools.names())));
  TRY(volume, place(request, volume_class, facts, {context.settings.default_size, context.settings.default_access}));
  volume.id = make_id();
  volume.grants = grants;
  volume.created = now(context);
  volume.created_by = request.by;
  return volume;
}

// Takes the intent back: the driver made nothing.
Status undo_create(const Context& context, const Operation& operation) {
  TRY(stored, context.state.volume_by_id(operation.volume_id));
  store::Edit edit;
  edit.unchanged(stored).drop_volume(stored.value.id).drop_name(stored.value.name).drop_operation(operation.id);
  TRY_STATUS(give_back(context, stored.value, edit));
  edit.put(make_event(context, "volume.undone", "volume " + stored.value.name, operation.by, "the driver made none"));
  TRY_STATUS(context.state.commit(edit));
  return {};
}

Status undo_until_done(const Context& context, const Operation& operation) {
  Status undone;
  for (int attempt = 0; attempt < 100; ++attempt) {
    undone = undo_create(context, operation);
    if (undone || undone.error().code != Code::conflict) break;
  }
  return undone;
}

Result<Volume> record_only(const Context& context, const Pool& pool, Volume volume) {
  volume.state = Volume::State::ready;
  if (auto written = commit_in_turn(context, pool, volume, nullptr); !written)
    return fail_with(written.error(), "cannot create volume '{}'", volume.name);
  return volume;
}

Result<Volume> make_now(const Context& context, Journal& journal, const Pool& pool, Volume volume) {
  auto operation = journal.begin(Operation::Kind::create, volume, "", volume.created_by);
  volume.operation = operation.id;
  if (auto begun = commit_in_turn(context, pool, volume, &operation); !begun) {
    journal.forget(operation);
    return fail_with(begun.error(), "cannot create volume '{}'", volume.name);
  }
  if (auto made = journal.run(operation); !made)
    return fail_with(made.error(), "cannot create volume '{}' in pool '{}'", volume.name, volume.pool);
  TRY(ready, context.state.volume_by_id(volume.id));
  return ready.value;
}

void note_made(Volume& volume, const drivers::Created& created) {
  volume.platform_id = created.platform_id;
  volume.size = created.size;
  volume.filesystem = created.filesystem;
  volume.serial = created.serial;
}

}  // namespace

Result<Made> create_volume(const Context& context, Journal& journal, const CreateVolume& request,
                           const std::vector<Grant>& first_grants) {
  constexpr int attempts = 100;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    TRY(there, existing(context, request.name));
    if (there) {
      TRY_STATUS(check_same(*there, request));
      return Made{*there, true};
    }
    TRY(volume, draft_volume(context, request, first_grants));
    TRY(pool, context.pools.find(volume.pool));
    if (auto good = pool->controller->check(driver_request(volume, !*pool->used)); !good)
      return fail_with(good.error(), "cannot create volume '{}' in pool '{}'", volume.name, volume.pool);
    auto made = pool->controller->capabilities().made_at_first_use ? record_only(context, *pool, volume)
                                                                   : make_now(context, journal, *pool, volume);
    if (made) {
      *pool->used = true;
      return Made{*made, false};
    }
    if (made.error().code != Code::conflict) return fail(made.error());
  }
  return fail(Code::busy, "cannot create volume '{}': too many others are being made; try again", request.name);
}

Status finish_create(const Context& context, const Operation& operation) {
  TRY(open, context.state.find_operation(operation.id));
  if (!open) return {};
  TRY(stored, context.state.volume_by_id(operation.volume_id));
  TRY(pool, context.pools.find(stored.value.pool));
  auto created = pool->controller->create(driver_request(stored.value));
  if (!created) {
    if (may_recover(created.error().code))
      return fail(created.error().code, "{}; it is tried again in the background", created.error().message);
    if (auto undone = undo_until_done(context, operation); !undone)
      log::error("volume={} operation={} was not undone: {}", operation.volume_name, operation.id,
                 undone.error().message);
    return fail(created.error());
  }
  auto ready = amend(context, operation.volume_id, [&](Volume& volume, store::Edit& edit) -> Status {
    volume.state = Volume::State::ready;
    note_made(volume, *created);
    volume.operation.clear();
    edit.drop_operation(operation.id);
    return {};
  });
  if (!ready) return fail(ready.error());
  return {};
}

Result<Volume> make_at_first_use(const Context& context, const Pool& pool, const Volume& volume) {
  if (!volume.platform_id.empty()) return volume;
  TRY(created, pool.controller->create(driver_request(volume)));
  return amend(context, volume.id, [&](Volume& current, store::Edit&) -> Status {
    note_made(current, created);
    return {};
  });
}

}  // namespace polly::swarm
