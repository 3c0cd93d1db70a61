#include "plugin/node/settler.h"

#include <unistd.h>

#include <algorithm>

#include "base/files.h"
#include "base/log.h"

namespace polly::node {
namespace {

constexpr std::chrono::milliseconds first_retry{20};
constexpr std::chrono::milliseconds most_retry{10'000};

void save_or_log(Lane& lane) POLLY_REQUIRES(lane.mutex) {
  if (auto saved = lane.save(); !saved)
    log::error("journal not written volume={}: {}", lane.name, saved.error().message);
  lane.changed.notify_all();
}

}  // namespace

void remove_directories(const std::string& mounts, const std::string& volume_id) {
  auto directory = mounts + "/" + volume_id;
  auto names = files::list(directory);
  if (!names) return;
  for (const auto& name : *names) ::rmdir((directory + "/" + name).c_str());
  ::rmdir(directory.c_str());
}

void Settler::undo(const LanePtr& lane, const std::string& mount_id) {
  undo_all(lane, {mount_id});
}

void Settler::undo_all(const LanePtr& lane, const std::vector<std::string>& mount_ids) {
  {
    Lock lock(lane->mutex);
    for (const auto& id : mount_ids)
      if (auto* mount = lane->record().find(id)) mount->state = MountRecord::State::unmounting;
    parts_.lanes.note_mountpoint(*lane);
    // Without the checkpoint a crash would find the mount as it was, and reconcile would find it dead.
    save_or_log(*lane);
  }
  wake(lane);
}

void Settler::wake(const LanePtr& lane) {
  {
    Lock lock(lane->mutex);
    lane->settle_again = true;
    lane->changed.notify_all();
    if (lane->settling) return;
    lane->settling = true;
  }
  if (parts_.tasks.run([this, lane] { work(lane); })) return;
  log::error("no thread to unmount with, it stays for later volume={}", lane->name);
  Lock lock(lane->mutex);
  lane->settling = false;
}

bool Settler::wait_gone(Lane& lane, const std::string& mount_id, Deadline deadline) {
  Lock lock(lane.mutex);
  while (lane.record().find(mount_id))
    if (!lane.changed.wait_until(lane.mutex, deadline)) return lane.record().find(mount_id) == nullptr;
  return true;
}

void Settler::stop() {
  stopping_ = true;
  for (const auto& lane : parts_.lanes.all()) {
    Lock lock(lane->mutex);
    lane->changed.notify_all();
  }
}

// One worker a lane at a time; it goes when nothing is left.
void Settler::work(const LanePtr& lane) {
  auto retry = first_retry;
  while (!stopping_) {
    {
      Lock lock(lane->mutex);
      lane->settle_again = false;
    }
    bool rest = false;
    if (lane->take_turn(from_now(std::chrono::seconds(1)))) {
      Turn turn(*lane);
      rest = settle(lane);
    }
    {
      Lock lock(lane->mutex);
      if (rest && !lane->settle_again) {
        lane->settling = false;
        return;
      }
    }
    if (!rest && pause(*lane, retry)) retry = std::min(retry * 2, most_retry);
  }
  Lock lock(lane->mutex);
  lane->settling = false;
}

// False when there was news, so that it is tried at once.
bool Settler::pause(Lane& lane, std::chrono::milliseconds delay) {
  auto until = from_now(delay);
  Lock lock(lane.mutex);
  while (!lane.settle_again && !stopping_)
    if (!lane.changed.wait_until(lane.mutex, until)) return true;
  return false;
}

bool Settler::settle(const LanePtr& lane) {
  std::vector<std::pair<std::string, std::string>> leaving;  // id, path
  std::string driver, directory;
  {
    Lock lock(lane->mutex);
    const auto& record = lane->record();
    driver = record.driver;
    directory = record.directory;
    for (const auto& mount : record.mounts)
      if (mount.state == MountRecord::State::unmounting) leaving.emplace_back(mount.id, mount.path);
    if (leaving.empty() && (directory.empty() || record.has_live())) return true;
  }
  drivers::NodeHalf* half = nullptr;
  if (!driver.empty()) {
    auto made = parts_.halves.get(driver);
    if (!made) return log::error("cannot unmount volume '{}': {}", lane->name, made.error().message), false;
    half = *made;
  }
  std::vector<std::string> unpublished;
  for (const auto& [id, path] : leaving) {
    auto done = half && !path.empty() ? half->unpublish(path) : Status();
    if (done) {
      if (!path.empty()) ::rmdir(path.c_str());
      unpublished.push_back(id);
    } else {
      log::warn("cannot unpublish yet volume={} mount={}: {}", lane->name, id, done.error().message);
    }
  }
  bool live = false;
  {
    Lock lock(lane->mutex);
    live = lane->record().has_live();
  }
  bool all = unpublished.size() == leaving.size();
  if (!live && (!all || (half && !directory.empty() && !take_off(*lane, *half, directory)))) return false;
  finish(lane, unpublished);
  return all;
}

bool Settler::take_off(Lane& lane, drivers::NodeHalf& half, const std::string& directory) {
  auto gone = half.unstage(lane.id, directory);
  if (!gone) {
    log::warn("cannot take the device off yet volume={}: {}", lane.name, gone.error().message);
    parts_.findings.replace("volume " + lane.name, {gone.error().message});
    return false;
  }
  remove_directories(parts_.identity.mounts, lane.id);
  Lock lock(lane.mutex);
  lane.staged() = {};
  lane.record().directory.clear();
  return true;
}

void Settler::finish(const LanePtr& lane, const std::vector<std::string>& unpublished) {
  {
    Lock lock(lane->mutex);
    for (const auto& id : unpublished) {
      const auto* mount = lane->record().find(id);
      auto reference = mount ? mount->reference : "";
      lane->record().erase(id);
      if (!reference.empty() && !lane->record().owes(reference)) lane->record().releases.push_back(reference);
    }
    parts_.lanes.note_mountpoint(*lane);
    save_or_log(*lane);
    if (lane->record().mounts.empty()) parts_.findings.clear("volume " + lane->name);
  }
  if (unpublished.empty()) return;
  log::info("unmounted volume={} mounts={}", lane->name, unpublished.size());
  releaser_.wake(lane);
}

}  // namespace polly::node
