#include "plugin/node/announcer.h"

#include <algorithm>
#include <set>

#include "base/log.h"
#include "drivers/kit/mount_table.h"

namespace polly::node {
namespace {

constexpr std::chrono::seconds look_for_new_session{1};
constexpr std::chrono::minutes repeat{5};

}  // namespace

Announcer::Announcer(Parts& parts) : parts_(parts), loop_([this] { return step(); }) {
  parts_.admission.on_wanted([this] { loop_.wake(); });
}

void Announcer::stop() {
  parts_.admission.on_wanted({});
  loop_.stop();
}

std::chrono::milliseconds Announcer::step() {
  auto session = parts_.sessions.current();
  if (!session) return backoff_.next();
  bool known = parts_.admission.session() == *session;
  if (known && std::chrono::steady_clock::now() < next_) return look_for_new_session;
  parts_.admission.close();
  auto inventory = take();
  auto answer = inventory.and_then([&](Inventory& taken) {
    taken.session = *session;
    return parts_.coordinator.inventory(taken);
  });
  if (!answer) {
    if (answer.error().message != last_problem_)
      log::warn("cannot tell the coordinator what this node holds: {}", answer.error().message);
    last_problem_ = answer.error().message;
    if (answer.error().code == Code::conflict) parts_.sessions.doubt();
    return backoff_.next();
  }
  last_problem_.clear();
  backoff_.reset();
  next_ = from_now(repeat);
  parts_.admission.open(*session);
  if (!known) log::info("inventory told session={} volumes={}", *session, inventory->held.size());
  report(*answer);
  return look_for_new_session;
}

// Also what is still being unmounted: the device is here. Not what is only owed: that may be released. What is mounted
// though no record knows it (a journal that could not be read, or that is another one now) is held for somebody: the
// coordinator must not give it away. The records come first: what is unmounted since is in neither.
Result<Inventory> Announcer::take() const {
  Inventory inventory;
  inventory.node = parts_.identity.node;
  inventory.taken = parts_.clock.boottime().count();
  std::set<std::string> known;
  for (const auto& lane : parts_.lanes.all()) {
    Lock lock(lane->mutex);
    const auto& record = lane->record();
    if (record.mounts.empty() && record.directory.empty()) continue;
    known.insert(record.id);
    Inventory::Held held{record.id, record.epoch, {}, record.mounts.empty()};
    for (const auto& mount : record.mounts) held.mounts.push_back(mount.reference);
    inventory.held.push_back(std::move(held));
  }
  TRY(table, drivers::kit::MountTable::read());
  for (const auto& point : table.below(parts_.identity.mounts)) {
    auto from = parts_.identity.mounts.size() + 1;
    auto id = point.substr(from, point.find('/', from) - from);
    if (known.insert(id).second) inventory.held.push_back({id, {}, {}, true});
  }
  return inventory;
}

// A mount whose decision is still awaited is unknown there and no news.
void Announcer::report(const InventoryAnswer& answer) {
  std::vector<std::string> texts;
  for (const auto& lane : parts_.lanes.all()) {
    Lock lock(lane->mutex);
    for (const auto& mount : lane->record().mounts) {
      if (mount.state != MountRecord::State::mounted) continue;
      if (std::ranges::find(answer.unknown_mounts, mount.reference) == answer.unknown_mounts.end()) continue;
      texts.push_back(
          fmt::format("volume '{}' is mounted here (mount {}, container {}) and the coordinator does not know "
                      "of it; it stays mounted. Stop the container to release it",
                      lane->name, mount.id, mount.container.empty() ? "unknown" : mount.container.substr(0, 12)));
    }
  }
  parts_.findings.replace("coordinator", std::move(texts));
}

}  // namespace polly::node
