#include "plugin/node/recovery.h"

#include <algorithm>

#include "base/log.h"
#include "drivers/kit/mount_table.h"

namespace polly::node {

using drivers::kit::MountTable;

drivers::Staged find_staged(Parts& parts, Lane& lane) {
  std::string driver, directory;
  {
    Lock lock(lane.mutex);
    driver = lane.record().driver;
    directory = lane.record().directory;
  }
  if (driver.empty() || directory.empty()) return {};
  auto half = parts.halves.get(driver);
  auto found = half ? (*half)->find(lane.id, directory) : fail(half.error());
  if (found) return *found;
  log::warn("cannot tell whether it is staged volume={}: {}", lane.name, found.error().message);
  return {};
}

// Nothing is owed for them: a new boot's session tells the coordinator that they are gone.
void drop_former_boot(VolumeRecord& record) {
  record.mounts.clear();
  record.directory.clear();
}

Status Recovery::load(Journal& journal) {
  TRY(loaded, journal.load());
  parts_.findings.replace("journal", loaded.unreadable);
  for (auto& record : loaded.records) {
    bool former_boot = record.boot != parts_.identity.boot;
    if (former_boot) {
      log::info("machine was started anew, its mounts are gone volume={} mounts={}", record.name, record.mounts.size());
      drop_former_boot(record);
      // As it was it says the same to the next start: no reason to keep this one from serving other volumes.
      if (auto saved = journal.save(record); !saved)
        log::error("journal not written volume={}: {}", record.name, saved.error().message);
      remove_directories(parts_.identity.mounts, record.id);
    }
    if (!record.idle()) parts_.lanes.adopt(std::move(record), !former_boot);
  }
  return {};
}

void Recovery::start() {
  for (const auto& lane : parts_.lanes.all()) {
    releaser_.wake(lane);
    {
      Lock lock(lane->mutex);
      if (!lane->recovering) continue;
    }
    if (!parts_.tasks.run([this, lane] { recover(lane); })) recover(lane);
  }
}

// The lane's turn is ours from its beginning.
void Recovery::recover(const LanePtr& lane) {
  auto staged = find_staged(parts_, *lane);
  std::vector<std::string> undone;
  size_t kept = 0;
  {
    Lock lock(lane->mutex);
    lane->staged() = staged;
    for (auto& mount : lane->record().mounts) {
      if (mount.state == MountRecord::State::mounted)
        ++kept;
      else
        undone.push_back(mount.id);
    }
    lane->recovering = false;
  }
  lane->give_turn();
  if (kept > 0 && staged.path.empty())
    parts_.findings.replace(
        "volume " + lane->name,
        {fmt::format("volume '{}' is mounted by {} containers on record, but not staged on this machine any more; stop "
                     "them to release it",
                     lane->name, kept)});
  log::info("recovered volume={} kept={} undone={}", lane->name, kept, undone.size());
  if (undone.empty())
    settler_.wake(lane);
  else
    settler_.undo_all(lane, undone);
}

// The table first, then the records: what was mounted since is on record before it is mounted.
void Recovery::look_for_unexplained() {
  auto table = MountTable::read();
  if (!table) {
    parts_.findings.replace("mounts", {"cannot read the mount table: " + table.error().message});
    return;
  }
  auto before = table->below(parts_.identity.mounts);
  std::erase_if(before, [this](const std::string& point) { return explains(point); });
  if (before.empty()) return parts_.findings.clear("mounts");
  // What was unmounted since went from its record too.
  auto later = MountTable::read();
  auto now = later ? later->below(parts_.identity.mounts) : before;
  std::vector<std::string> texts;
  for (const auto& point : before)
    if (std::ranges::binary_search(now, point) && !explains(point))
      texts.push_back(
          fmt::format("'{}' is mounted and no record says why; it stays. Unmount it when nothing uses it", point));
  parts_.findings.replace("mounts", std::move(texts));
}

bool Recovery::explains(const std::string& point) const {
  return std::ranges::any_of(parts_.lanes.all(), [&](const LanePtr& lane) {
    Lock lock(lane->mutex);
    const auto& record = lane->record();
    auto below = [&](const std::string& directory) {
      return !directory.empty() && (point == directory || point.rfind(directory + "/", 0) == 0);
    };
    return below(record.directory) ||
           std::ranges::any_of(record.mounts, [&](const MountRecord& mount) { return below(mount.path); });
  });
}

}  // namespace polly::node
