#include "plugin/node/volumes.h"

#include "base/log.h"
#include "core/model/name.h"

namespace polly::node {
namespace {

// "cannot mount volume 'v': cause", unless the coordinator said that much itself.
tl::unexpected<Error> cannot(const char* verb, const std::string& name, const Error& error) {
  auto what = fmt::format("cannot {} volume '{}'", verb, name);
  if (error.message.starts_with(what)) return fail(error);
  return fail_with(error, "{}", what);
}

}  // namespace

Status check_mount_id(const std::string& mount_id) {
  bool sound = !mount_id.empty() && mount_id.size() <= 128 && mount_id != "stage" && mount_id[0] != '.';
  for (unsigned char c : mount_id) sound = sound && (std::isalnum(c) || c == '-' || c == '_' || c == '.');
  if (sound) return {};
  return fail(Code::invalid, "a mount id of up to 128 letters, digits, '.', '_' and '-' was expected");
}

Result<std::string> Volumes::mount(const std::string& name, const std::string& mount_id,
                                   const FindClaimants& find_claimants) {
  if (auto checked = check_mount_id(mount_id); !checked) return cannot("mount", name, checked.error());
  auto deadline = from_now(parts_.limits.mount);
  std::optional<Volume> replaced;
  auto path = mount_once(name, mount_id, find_claimants, deadline, replaced);
  if (!path && replaced) path = mount_once(name, mount_id, find_claimants, deadline, replaced);
  if (!path) {
    log::warn("mount failed volume={} mount={}: {}", name, mount_id, path.error().message);
    return cannot("mount", name, path.error());
  }
  return path;
}

Result<std::string> Volumes::mount_once(const std::string& name, const std::string& mount_id,
                                        const FindClaimants& find_claimants, Deadline deadline,
                                        std::optional<Volume>& replaced) {
  TRY(volume, find(name));
  auto lane = parts_.lanes.open(volume->id, name);
  auto attempt = std::make_shared<MountAttempt>(parts_, settler_, releaser_, lane, mount_id, deadline);
  auto path = attempt->run(find_claimants);
  replaced = attempt->replaced();
  if (replaced) {
    parts_.catalog.put(*replaced);
    owe_release(*replaced, attempt->reference());
  }
  return path;
}

// The coordinator recorded the mount for a volume of which we did not ask.
void Volumes::owe_release(const Volume& volume, const std::string& reference) {
  auto lane = parts_.lanes.open(volume.id, volume.name);
  {
    Lock lock(lane->mutex);
    lane->record().releases.push_back(reference);
    if (auto saved = lane->save(); !saved)
      log::error("journal not written volume={}: {}", lane->name, saved.error().message);
  }
  releaser_.wake(lane);
}

Status Volumes::unmount(const std::string& name, const std::string& mount_id) {
  auto lane = parts_.lanes.with_mount(name, mount_id);
  if (!lane) return {};
  auto answer_by = from_now(parts_.limits.unmount);
  {
    Lock lock(lane->mutex);
    auto* mount = lane->record().find(mount_id);
    if (!mount) return {};
    if (mount->state == MountRecord::State::mounting) {
      mount->abandoned = true;  // the attempt finds out, and undoes it
      return {};
    }
    if (mount->state == MountRecord::State::mounted && mount->count > 1) {
      --mount->count;
      if (auto saved = lane->save(); !saved)
        log::error("journal not written volume={}: {}", name, saved.error().message);
      return {};
    }
  }
  settler_.undo(lane, mount_id);
  if (!settler_.wait_gone(*lane, mount_id, answer_by))
    log::warn("still in use, unmounting goes on behind volume={} mount={}", name, mount_id);
  return {};
}

Result<VolumePtr> Volumes::find(const std::string& name) {
  if (auto known = parts_.catalog.find(name)) return known;
  if (auto checked = check_name("volume", name); !checked) return fail(Code::not_found, "no such volume: '{}'", name);
  auto volume = parts_.coordinator.volume(name, parts_.limits.lookup);
  if (!volume) {
    if (volume.error().code == Code::not_found) return fail(Code::not_found, "no such volume: '{}'", name);
    return fail_with(volume.error(), "volume '{}' is not on this node's record, and the coordinator could not be asked",
                     name);
  }
  parts_.catalog.put(*volume);
  return std::make_shared<const Volume>(*std::move(volume));
}

Result<VolumePtr> Volumes::create(const CreateVolume& request) {
  auto volume = parts_.coordinator.create_volume(request, parts_.limits.create);
  if (!volume) return cannot("create", request.name, volume.error());
  parts_.catalog.put(*volume);
  return std::make_shared<const Volume>(*std::move(volume));
}

// What this node still owes is told first: `docker rm` and `docker volume rm` follow each other closely, and a volume
// that counts as mounted is not removed.
Status Volumes::remove(const std::string& name, const std::string& by) {
  flush(name);
  auto removed = parts_.coordinator.remove_volume(name, by, parts_.limits.remove);
  bool gone = removed || removed.error().code == Code::not_found;
  if (!gone) return cannot("remove", name, removed.error());
  parts_.catalog.drop(name);
  return {};
}

void Volumes::flush(const std::string& name) {
  for (const auto& lane : parts_.lanes.named(name)) releaser_.flush(lane, from_now(parts_.limits.flush));
}

}  // namespace polly::node
